internal import CCurl
internal import Glibc

/// What libcurl's result codes mean here.
///
/// Messages are made of fixed texts, the host, the proxy and system errors. libcurl's own can hold a part of the URL,
/// and are read for OpenSSL's reasons alone.
struct CurlFault {
    let code: HTTPTransportError.Code
    let message: String
    /// Whether the message says already where it was.
    let namesPlace: Bool

    private init(_ code: HTTPTransportError.Code, _ message: String, namesPlace: Bool = false) {
        self.code = code
        self.message = message
        self.namesPlace = namesPlace
    }

    init(
        _ code: CURLcode,
        _ easy: UnsafeMutableRawPointer,
        job: CurlLoop.Job,
        mayBeSent: Bool,
        limits: CurlLimits,
        words: String
    ) {
        if let proxy = job.place.proxy, !mayBeSent,
            let fault = Self.proxyFault(code, easy, proxy: proxy, host: job.place.host)
        {
            self = fault
            return
        }
        self =
            switch code {
            case CURLE_URL_MALFORMAT: Self(.invalidRequest, "the URL cannot be used")
            case CURLE_COULDNT_RESOLVE_HOST: Self(.nameResolution, "the host name could not be resolved")
            case CURLE_COULDNT_CONNECT: Self(.connectFailed, Self.systemError(easy) ?? "no connection")
            case CURLE_OPERATION_TIMEDOUT: Self.late(job, mayBeSent: mayBeSent)
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED:
                Self(
                    mayBeSent ? .connectionLost : .tlsFailed,
                    TLSFault.text(code, verification: ccurl_get_long(easy, CURLINFO_SSL_VERIFYRESULT), words: words)
                )
            case CURLE_FILESIZE_EXCEEDED: Self(.responseTooLarge, limits.excess)
            // It has a limit of its own for a line of the head, and this code for what is beyond it.
            case CURLE_OUT_OF_MEMORY where mayBeSent: Self(.malformedResponse, "the answer's head is too large")
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
                Self(.malformedResponse, "the answer is not HTTP")
            case CURLE_GOT_NOTHING: Self(.connectionLost, "the server closed the connection without an answer")
            case CURLE_PARTIAL_FILE: Self(.connectionLost, "the connection ended within the answer")
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR:
                Self(
                    mayBeSent ? .connectionLost : .connectFailed,
                    Self.systemError(easy) ?? "the connection ended, or the answer was not HTTP"
                )
            default: Self(.other, String(cString: curl_easy_strerror(code)))
            }
    }

    /// What went wrong on the way to the proxy or with it, rather than with the host behind it.
    private static func proxyFault(
        _ code: CURLcode,
        _ easy: UnsafeMutableRawPointer,
        proxy: HTTPProxy,
        host: String
    ) -> Self? {
        let refusal = "the \(proxy.kind == .http ? "proxy" : "SOCKS proxy") \(proxy) did not connect to \(host)"
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY:
            let message = "no connection to the proxy \(proxy): its name could not be resolved"
            return Self(.nameResolution, message, namesPlace: true)
        case CURLE_COULDNT_CONNECT:
            let reason = systemError(easy) ?? "no connection"
            return Self(.connectFailed, "no connection to the proxy \(proxy): \(reason) (\(host))", namesPlace: true)
        case CURLE_PROXY: return Self(.proxyFailed, refusal, namesPlace: true)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_WEIRD_SERVER_REPLY,
            CURLE_UNSUPPORTED_PROTOCOL:
            let status = ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE)
            let reason =
                switch status {
                case 407 where proxy.login == nil: "it wants a user name and a password (407)"
                case 407: "it refused the login (407)"
                case 0, 200..<300: "it closed the connection without a proper answer"
                default: "it does not allow it, or cannot reach the host (\(status))"
                }
            return Self(.proxyFailed, "\(refusal): \(reason)", namesPlace: true)
        default: return nil
        }
    }

    private static func late(_ job: CurlLoop.Job, mayBeSent: Bool) -> Self {
        mayBeSent || job.deadline <= .now
            ? Self(.timeout, "no complete answer within \(job.request.timeout)")
            : Self(.connectTimeout, "not connected in time")
    }

    private static func systemError(_ easy: UnsafeMutableRawPointer) -> String? {
        let number = ccurl_get_long(easy, CURLINFO_OS_ERRNO)
        return number == 0 ? nil : String(cString: strerror(Int32(number))).lowercased()
    }
}

extension CurlLoop.Job {
    /// What is left of the time for the whole exchange, at least a millisecond: 0 would mean no limit.
    var millisecondsLeft: Int { max(1, (deadline - .now).wholeMilliseconds) }

    /// Answers a request that never began.
    func fail(_ error: HTTPTransportError) {
        continuation.resume(returning: .failure(error))
    }

    /// Why the request did not get a connection.
    func lateError(_ now: ContinuousClock.Instant) -> HTTPTransportError {
        deadline <= now
            ? HTTPTransportError(
                code: .timeout,
                message: "no connection was free within \(request.timeout) (\(place))",
                certainty: .notSent
            )
            : HTTPTransportError(
                code: .poolTimeout,
                message: "all connections were busy (\(place))",
                certainty: .notSent
            )
    }
}

extension CurlLoop.Place: CustomStringConvertible {
    /// The host, and the proxy where there is one.
    var description: String {
        proxy.map { "\(host), through the proxy \($0)" } ?? host
    }
}

extension HTTPTransportError {
    static let cancelledBeforeSending = HTTPTransportError(code: .cancelled, message: "cancelled", certainty: .notSent)
    static let shutDownBeforeSending = HTTPTransportError(
        code: .shutDown,
        message: "the transport was shut down",
        certainty: .notSent
    )
    static let noMemory = HTTPTransportError(
        code: .other,
        message: "libcurl has no memory for another request",
        certainty: .notSent
    )
}
