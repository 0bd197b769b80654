#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads what a service answers to a request for a token, in the name of the credential that sent it.
struct TokenReply: Sendable {
    /// The description of the credential.
    let credential: String

    /// What the other side is called in errors, such as `the token endpoint`.
    let service: String

    /// What must not stand in an error, whatever the other side repeats.
    let secrets: [Secret]

    /// When the request was made, by the clock on the wall.
    let asked: Date

    /// - Throws: ``AzureIdentityError`` for any answer but a usable token.
    func token(from response: HTTPResponse) throws(AzureIdentityError) -> AccessToken {
        guard (200..<300).contains(response.status) else { throw failure(of: response) }
        do throws(TokenAnswer.Flaw) {
            guard let answer = TokenAnswer.read(response.body) else { throw .unusable }
            return try answer.token(asked: asked)
        } catch {
            // A clock that is wrong is no setting of ours, and what sets clocks may be about to mend it.
            throw AzureIdentityError(
                code: .malformedResponse,
                message: error.message(unusable: "\(service)'s answer holds no usable access_token and expires_in"),
                credential: credential,
                status: response.status
            )
        }
    }

    /// What it means that no answer came.
    func failure(of error: HTTPTransportError) -> AzureIdentityError {
        let code: AzureIdentityError.Code =
            switch error.code {
            case .cancelled: .cancelled
            case .insecureURL, .invalidRequest: .configuration
            default: .network
            }
        return AzureIdentityError(
            code: code,
            message: clean("no answer from \(service): \(error)", 1024),
            credential: credential,
            underlying: error
        )
    }

    /// What an answer without a token means.
    ///
    /// - Parameters:
    ///   - code: The meaning, where the service has rules of its own; otherwise Entra ID's apply.
    ///   - isAbsent: Whether the answer says that there is no such credential here.
    func failure(
        of response: HTTPResponse,
        as code: AzureIdentityError.Code? = nil,
        isAbsent: Bool = false
    ) -> AzureIdentityError {
        let failure = TokenFailure.read(response.body)
        let message =
            failure.description.flatMap { TokenFailure.summary(of: redacted($0)) }
            ?? ((300..<400).contains(response.status)
                ? "\(service) redirects, and redirects are not followed: check its address"
                : "\(service) answered \(response.status)")
        return AzureIdentityError(
            code: code ?? Self.code(of: response.status, failure),
            message: clean(message, 1024),
            credential: credential,
            status: response.status,
            retryAfter: RetryAfter.parse(response, now: asked),
            entraError: failure.error.map { clean($0, 128) },
            entraCodes: failure.codes,
            traceID: failure.traceID.map { clean($0, 64) },
            correlationID: failure.correlationID.map { clean($0, 64) },
            timestamp: failure.timestamp.map { clean($0, 64) },
            isAbsent: isAbsent
        )
    }

    private static func code(of status: Int, _ failure: TokenFailure) -> AzureIdentityError.Code {
        switch status {
        case 429: .throttled
        case 408, 500...: .unavailable
        default: failure.isTransient ? .unavailable : .configuration
        }
    }

    /// Text from outside as it may stand in an error. Entra ID never repeats a secret; whatever else may stand at the
    /// address might. Redacted before it is cut, because half a secret would not be found.
    private func clean(_ text: String, _ limit: Int) -> String {
        BoundedText.line(redacted(text), toBytes: limit)
    }

    private func redacted(_ text: String) -> String {
        secrets.reduce(text) { $1.redacted(from: $0) }
    }
}
