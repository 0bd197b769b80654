internal import AzureIdentity

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension DataFactoryError {
    /// Whether a request can have started a run.
    enum Effect {
        case startsRun
        case startsNothing
    }

    /// An answer that is not a success.
    ///
    /// - Parameter token: What it was asked with; the error does not repeat it, even if the answer does.
    convenience init(answer response: HTTPResponse, askedWith token: AccessToken, effect: Effect) {
        let secret = Secret(token.token)
        let response = response.redactingHeaders(secret)
        let fault = ServiceFault(body: response.body, without: secret)
        let (code, message) = Self.words(for: response.status)
        var retryAfter = RetryAfter.parse(response, now: Date())
        if response.status == 429, retryAfter == nil { retryAfter = fault.message.flatMap(ThrottleText.wait(in:)) }
        self.init(
            disposition: Self.disposition(status: response.status, code: fault.code, effect: effect),
            status: response.status,
            code: fault.code ?? code,
            message: fault.message ?? message,
            target: fault.target,
            details: fault.details,
            azureRequestID: response.azureRequestID,
            correlationID: response.correlationID,
            retryAfter: retryAfter,
            rateLimit: response.rateLimit
        )
    }

    /// A success whose body cannot be read. If it answers a start, the run was accepted and its id is lost.
    convenience init(unreadable response: HTTPResponse, wanted: String, effect: Effect) {
        self.init(
            disposition: effect == .startsRun ? .ambiguous : .safe,
            status: response.status,
            code: "UnreadableResponse",
            message: "the answer is a success but holds no readable \(wanted)",
            azureRequestID: response.azureRequestID,
            correlationID: response.correlationID,
            rateLimit: response.rateLimit
        )
    }

    /// No answer.
    convenience init(transport error: HTTPTransportError, effect: Effect) {
        let disposition: Disposition =
            switch (error.code, error.certainty) {
            // Our settings: an endpoint or a proxy that nothing can be sent to. A request's own parts were checked before
            // and do not come this far, so no request is refused for what all of them would meet.
            case (.insecureURL, _), (.invalidRequest, _): .credential
            case (_, .notSent): .safe
            case (_, .unknown): effect == .startsRun ? .ambiguous : .safe
            }
        self.init(
            disposition: disposition,
            status: error.status,
            code: "Transport.\(error.code)",
            message: "no answer: \(error)",
            underlying: .transport(error)
        )
    }

    /// No token, so nothing was sent to Data Factory.
    convenience init(identity error: AzureIdentityError) {
        self.init(
            disposition: error.code == .cancelled ? .safe : .credential,
            code: "Identity.\(error.code)",
            message: "no token: \(error)",
            retryAfter: error.retryAfter,
            underlying: .identity(error)
        )
    }

    /// What an answer that is not a success says about the run.
    ///
    /// ARM gives a resource provider 60 s, throws later work's answers away and says 504, so any 5xx (and 408) leaves
    /// open whether a run began (resource provider contract, "Client Request Timeout"). A 4xx is a refusal, whatever its
    /// code says.
    private static func disposition(status: Int, code: String?, effect: Effect) -> Disposition {
        switch status {
        // Whoever redirects or asks for a proxy's password is not ARM, and would do so to every request.
        case 300..<400, 401, 407: .credential
        case 403: .access
        case 404: isAboutTarget(code) ? .access : .permanent
        // As with a missing role, somebody can put it right while the request waits.
        case 409: isMissingRegistration(code) ? .access : .permanent
        case 408, 500...: effect == .startsRun ? .ambiguous : .safe
        case 429: .throttled
        default: .permanent
        }
    }

    /// Whether a 404 is about what holds the pipeline. One without any code did not come from ARM or Data Factory, but
    /// from something at their address, and is no verdict on a pipeline.
    private static func isAboutTarget(_ code: String?) -> Bool {
        guard let code else { return true }
        return ["ResourceNotFound", "ParentResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"]
            .contains { $0.equalsIgnoringASCIICase(code) }
    }

    private static func isMissingRegistration(_ code: String?) -> Bool {
        code?.equalsIgnoringASCIICase("MissingSubscriptionRegistration") ?? false
    }

    /// Whether the code is the service's own rather than a word of ours.
    var hasServiceCode: Bool {
        guard let status else { return false }
        return code != Self.words(for: status).code
    }

    /// What to say where the service says nothing.
    private static func words(for status: Int) -> (code: String, message: String) {
        switch status {
        case 300..<400:
            ("Redirect", "the service redirects, and redirects are not followed: check the management endpoint")
        case 407:
            ("HTTP407", "a proxy wants a user name and password: check the proxy's URL")
        default:
            ("HTTP\(status)", "the service answered \(status) without an error that could be read")
        }
    }
}
