public import AzureIdentity

/// Why Data Factory did not do what it was asked, and what the caller can make of it. Of reference type, for it is large and
/// every call keeps room for one while it waits.
public final class DataFactoryError: Error, Sendable {
    /// What a failure means for the run that was to be started.
    ///
    /// A read starts nothing: for it, what would be `ambiguous` is `safe`.
    public enum Disposition: Sendable, Hashable {
        /// Certainly no run; the request may be repeated at once.
        case safe
        /// A run may exist: look for it before repeating anything.
        case ambiguous
        /// Certainly no run; all requests to this subscription have to wait.
        case throttled
        /// Certainly no run, and repeating the request changes nothing: this pipeline or these parameters are refused.
        case permanent
        /// Certainly no run; the target is out of reach until somebody grants a role, creates it or registers Data
        /// Factory for the subscription: 403, or no such factory, resource group or subscription.
        case access
        /// Certainly no run; our own set-up is the trouble, whatever the request: no token, a fresh one refused, a proxy
        /// that wants a password, an endpoint that is not ARM.
        case credential
    }

    /// One of the parts a service error may be made of.
    public struct Detail: Sendable, Hashable {
        /// The service's word for it.
        public let code: String?
        /// Its text, at most 2 KiB.
        public let message: String?
        /// What it is about.
        public let target: String?

        /// Makes a part; for tests of callers.
        public init(code: String?, message: String?, target: String?) {
            self.code = code
            self.message = message
            self.target = target
        }
    }

    /// What caused an error that is not an answer of the service.
    public enum Underlying: Sendable {
        /// No answer came.
        case transport(HTTPTransportError)
        /// There was no token to ask with.
        case identity(AzureIdentityError)
    }

    /// What the caller can make of it.
    public let disposition: Disposition

    /// The answer's status, if there was an answer.
    public let status: Int?

    /// The service's code, such as `NotFound`, or a word of ours where the service gave none.
    public let code: String

    /// The service's text, at most 2 KiB, or a sentence of ours where the service gave none.
    public let message: String

    /// What the service says the error is about.
    public let target: String?

    /// The parts of the error, at most ten.
    public let details: [Detail]

    /// The answer's `x-ms-request-id`, which Microsoft's support asks for.
    public let azureRequestID: String?

    /// The answer's `x-ms-correlation-request-id`.
    public let correlationID: String?

    /// How long the service asks its callers to wait, if it said so.
    public let retryAfter: Duration?

    /// What ARM would take from this principal and subscription right now.
    public let rateLimit: RateLimit

    /// What caused an error that is not an answer of the service.
    public let underlying: Underlying?

    /// Makes an error; for the client and for tests of callers.
    ///
    /// - Parameter message: Must hold no token and no parameter: it is logged.
    public init(
        disposition: Disposition,
        status: Int? = nil,
        code: String,
        message: String,
        target: String? = nil,
        details: [Detail] = [],
        azureRequestID: String? = nil,
        correlationID: String? = nil,
        retryAfter: Duration? = nil,
        rateLimit: RateLimit = RateLimit(),
        underlying: Underlying? = nil
    ) {
        self.disposition = disposition
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.azureRequestID = azureRequestID
        self.correlationID = correlationID
        self.retryAfter = retryAfter
        self.rateLimit = rateLimit
        self.underlying = underlying
    }

    /// How many more writes ARM would take from this principal and subscription right now, if it said so.
    public var remainingWrites: Int? { rateLimit.remainingWrites }
}

extension DataFactoryError: CustomStringConvertible {
    /// One line for the log: status, code, the service's bounded text, the id support asks for.
    public var description: String {
        var text = status.map { "HTTP \($0) " } ?? ""
        text += "\(code): \(message) [\(disposition)]"
        if let azureRequestID { text += " [x-ms-request-id \(azureRequestID)]" }
        return text.onOneLine
    }
}
