/// Why a credential got no token. Of reference type, for it is large and every call keeps room for it while it waits.
public final class AzureIdentityError: Error, Sendable {
    /// What went wrong. More may be added; decide by ``AzureIdentityError/isConfiguration``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name that appears in logs.
        public let name: String

        private init(_ name: String) { self.name = name }

        /// Somebody has to change something: a wrong secret, an unknown tenant or client, a bad scope or address.
        public static let configuration = Code("configuration")
        /// Entra ID asks for fewer requests.
        public static let throttled = Code("throttled")
        /// Entra ID is in trouble: 5xx, `temporarily_unavailable`.
        public static let unavailable = Code("unavailable")
        /// No answer came.
        public static let network = Code("network")
        /// The answer holds no token and no error that could be read.
        public static let malformedResponse = Code("malformed-response")
        /// The caller stopped waiting.
        public static let cancelled = Code("cancelled")

        /// The ``name``.
        public var description: String { name }
    }

    /// What went wrong.
    public let code: Code

    /// The cause in words, bounded and without secrets.
    public let message: String

    /// Which credential failed, as ``TokenCredential/description`` says it.
    public let credential: String

    /// The status of Entra ID's answer, if it answered.
    public let status: Int?

    /// How long Entra ID asks its callers to wait, if it said so.
    public let retryAfter: Duration?

    /// Entra ID's own word for it, such as `invalid_client`.
    public let entraError: String?

    /// The numbers behind `AADSTS`. They explain; they are not a contract.
    public let entraCodes: [Int]

    /// What Microsoft's support asks for first.
    public let traceID: String?

    /// What Microsoft's support asks for second.
    public let correlationID: String?

    /// When Entra ID refused, in its own words, such as `2026-11-22 19:00:00Z`.
    public let timestamp: String?

    /// Whether the credential is not set up here at all, which sends ``DefaultAzureCredential`` on to the next one.
    package let isAbsent: Bool

    /// The transport's error, if there was no answer.
    public let underlying: HTTPTransportError?

    /// Makes an error; for credentials and for tests.
    ///
    /// - Parameter message: Must hold no secret: it is logged.
    public convenience init(
        code: Code,
        message: String,
        credential: String,
        status: Int? = nil,
        retryAfter: Duration? = nil,
        entraError: String? = nil,
        entraCodes: [Int] = [],
        traceID: String? = nil,
        correlationID: String? = nil,
        timestamp: String? = nil,
        underlying: HTTPTransportError? = nil
    ) {
        self.init(
            code: code,
            message: message,
            credential: credential,
            status: status,
            retryAfter: retryAfter,
            entraError: entraError,
            entraCodes: entraCodes,
            traceID: traceID,
            correlationID: correlationID,
            timestamp: timestamp,
            underlying: underlying,
            isAbsent: false
        )
    }

    package init(
        code: Code,
        message: String,
        credential: String,
        status: Int? = nil,
        retryAfter: Duration? = nil,
        entraError: String? = nil,
        entraCodes: [Int] = [],
        traceID: String? = nil,
        correlationID: String? = nil,
        timestamp: String? = nil,
        underlying: HTTPTransportError? = nil,
        isAbsent: Bool
    ) {
        self.code = code
        self.message = message
        self.credential = credential
        self.status = status
        self.retryAfter = retryAfter
        self.entraError = entraError
        self.entraCodes = entraCodes
        self.traceID = traceID
        self.correlationID = correlationID
        self.timestamp = timestamp
        self.underlying = underlying
        self.isAbsent = isAbsent
    }

    /// Whether asking again is useless until somebody changes something.
    ///
    /// False means weather: network, throttling, an ill service. Either way no caller's request is to blame.
    public var isConfiguration: Bool { code == .configuration }
}

extension AzureIdentityError: CustomStringConvertible {
    /// One line for the log: the credential, the cause, and the ids support asks for.
    public var description: String {
        var text = "\(credential): \(code): \(message)"
        if let entraError { text += " [\(entraError)]" }
        if let status { text += " [HTTP \(status)]" }
        if let traceID { text += " [trace \(traceID)]" }
        if let correlationID { text += " [correlation \(correlationID)]" }
        if let timestamp { text += " [\(timestamp)]" }
        return text
    }
}
