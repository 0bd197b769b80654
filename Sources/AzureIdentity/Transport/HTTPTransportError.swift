/// Why no complete answer came back, and whether the server can have seen the request.
public struct HTTPTransportError: Error, Sendable, Hashable {
    /// What went wrong. More may be added; treat an unknown one by ``HTTPTransportError/certainty``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name that appears in logs.
        public let name: String

        private init(_ name: String) { self.name = name }

        /// The request cannot be put on the wire: unusable URL or header.
        public static let invalidRequest = Code("invalid-request")
        /// A secret was to go over plain HTTP to another host.
        public static let insecureURL = Code("insecure-url")
        /// The host's name could not be resolved.
        public static let nameResolution = Code("name-resolution")
        /// No connection: refused, unreachable.
        public static let connectFailed = Code("connect-failed")
        /// The connection was not open within the connect time-out.
        public static let connectTimeout = Code("connect-timeout")
        /// The TLS handshake failed, for example over an untrusted certificate.
        public static let tlsFailed = Code("tls-failed")
        /// The proxy did not open a way to the host: it refused, wants another login, or answered nonsense.
        public static let proxyFailed = Code("proxy-failed")
        /// All connections to the host were busy until the connect time-out.
        public static let poolTimeout = Code("pool-timeout")
        /// The exchange took longer than ``HTTPRequest/timeout``.
        public static let timeout = Code("timeout")
        /// The connection ended before the answer was complete.
        public static let connectionLost = Code("connection-lost")
        /// The calling task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The answer was larger than the transport accepts.
        public static let responseTooLarge = Code("response-too-large")
        /// The answer was not HTTP.
        public static let malformedResponse = Code("malformed-response")
        /// The transport was shut down.
        public static let shutDown = Code("shut-down")
        /// Anything else.
        public static let other = Code("other")

        /// The ``name``.
        public var description: String { name }
    }

    /// Whether the server can have seen the request.
    public enum Certainty: Sendable, Hashable {
        /// The request provably never left: nothing happened on the other side.
        case notSent
        /// The request, or a part of it, may have arrived and may have been carried out.
        case unknown
    }

    /// What went wrong.
    public let code: Code

    /// The cause in words: a host and a system error at most, so it is safe to log.
    public let message: String

    /// Whether the server can have seen the request.
    public let certainty: Certainty

    /// The status of an answer that broke off, where so much of it was read. A 2xx says that the request was carried
    /// out, whatever the rest would have said.
    public let status: Int?

    /// Makes an error; for transports and for tests.
    ///
    /// - Parameter message: Must hold no URL query, header value or body: it is logged.
    public init(code: Code, message: String, certainty: Certainty, status: Int? = nil) {
        self.code = code
        self.message = message
        self.certainty = certainty
        self.status = status
    }
}

extension HTTPTransportError: CustomStringConvertible {
    /// Code, message and certainty.
    public var description: String {
        let sent = certainty == .notSent ? "not sent" : "may have been sent"
        return "\(code): \(message) (request \(sent))"
    }
}
