internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension HTTPTransportError {
    /// Folds whatever AsyncHTTPClient and NIO throw into one error.
    ///
    /// The certainty is not read from the error: the same `cancelled`, `deadlineExceeded` or reset arises before and
    /// after the request left. Whoever calls knows from the exchange itself. Messages are made from fixed texts, the
    /// host, the proxy and system errors; AsyncHTTPClient's own descriptions can hold header values.
    init(folding error: any Error, certainty: Certainty, host: String, proxy: HTTPProxy?, status: Int? = nil) {
        if let proxy, certainty == .notSent, let (code, message) = Self.proxyFault(error, proxy: proxy, host: host) {
            self.init(code: code, message: message, certainty: certainty)
            return
        }
        let (code, message) = Self.codeAndMessage(of: error, certainty: certainty)
        let place = proxy.map { "\(host), through the proxy \($0)" } ?? host
        self.init(code: code, message: "\(message) (\(place))", certainty: certainty, status: status)
    }

    /// What went wrong on the way to the proxy or with it, rather than with the host behind it.
    private static func proxyFault(_ error: any Error, proxy: HTTPProxy, host: String) -> (Code, String)? {
        let refusal = "the \(proxy.kind == .http ? "proxy" : "SOCKS proxy") \(proxy) did not connect to \(host)"
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .proxyAuthenticationRequired:
                let mend = proxy.login == nil ? "it wants a user name and a password" : "it refused the login"
                return (.proxyFailed, "\(refusal): \(mend) (407)")
            case .invalidProxyResponse:
                // AsyncHTTPClient 1.37.0 keeps the status of every other refusal to itself.
                return (.proxyFailed, "\(refusal): it does not allow it, or cannot reach the host")
            case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
                return (.proxyFailed, "\(refusal) in time")
            case .remoteConnectionClosed:
                return (.proxyFailed, "\(refusal): it closed the connection without a proper answer")
            default:
                return nil
            }
        case is NIOConnectionError:
            let (code, message) = codeAndMessage(of: error, certainty: .notSent)
            return (code, "no connection to the proxy \(proxy): \(message)")
        default:
            // NIOSOCKS is no dependency of ours, so its errors are known by where their type lives.
            return String(reflecting: type(of: error)).hasPrefix("NIOSOCKS.") ? (.proxyFailed, refusal) : nil
        }
    }

    private static func codeAndMessage(of error: any Error, certainty: Certainty) -> (Code, String) {
        switch error {
        case let error as HTTPClientError:
            (code(of: error, certainty: certainty), error.shortDescription.lowercasedFirst)
        case let error as HTTPExchange.ResponseTooLarge:
            (.responseTooLarge, "the answer is larger than \(error.limit) bytes")
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty, error.dnsAError ?? error.dnsAAAAError != nil {
                (.nameResolution, "the host name could not be resolved")
            } else {
                (.connectFailed, error.connectionErrors.first.map { "\($0.error)" } ?? "no connection")
            }
        case let error as HTTPParserError:
            (.malformedResponse, "the answer is not HTTP: \(error)")
        case ChannelError.connectTimeout:
            (.connectTimeout, "not connected in time")
        case is IOError, is ChannelError:
            (certainty == .notSent ? .connectFailed : .connectionLost, "\(error)")
        case let error as NIOSSLError:
            (certainty == .notSent ? .tlsFailed : .connectionLost, TLSFault.text(of: error))
        case let error as NIOSSLExtraError:
            (certainty == .notSent ? .tlsFailed : .connectionLost, TLSFault.text(of: error))
        case let error as BoringSSLError:
            (certainty == .notSent ? .tlsFailed : .connectionLost, TLSFault.text(of: error))
        default:
            (.other, "\(type(of: error))")
        }
    }

    private static func code(of error: HTTPClientError, certainty: Certainty) -> Code {
        switch error {
        case .cancelled, .requestStreamCancelled: .cancelled
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timeout
        case .connectTimeout, .socksHandshakeTimeout, .httpProxyHandshakeTimeout: .connectTimeout
        case .tlsHandshakeTimeout: .tlsFailed
        case .getConnectionFromPoolTimeout: .poolTimeout
        case .remoteConnectionClosed, .uncleanShutdown: .connectionLost
        case .alreadyShutdown: .shutDown
        case .invalidURL, .emptyHost, .emptyScheme: .invalidRequest
        default:
            // The cases that carry values cannot be matched from outside; these three are about the request.
            switch error.shortDescription {
            case "Invalid header field values", "Invalid header field names", "Unsupported scheme": .invalidRequest
            default: .other
            }
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
