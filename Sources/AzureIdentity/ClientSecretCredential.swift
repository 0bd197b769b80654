#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A service principal that proves itself with a secret, at Entra ID's v2 endpoint.
public struct ClientSecretCredential: TokenCredential {
    /// The token endpoint's time-out: 30 s. An answer takes well under a second; the request can always be repeated.
    public static let defaultTimeout = Duration.seconds(30)

    private let tenantID: String
    private let clientID: String
    private let clientSecret: Secret
    private let authority: String
    private let transport: any HTTPTransport
    private let timeout: Duration
    private let now: @Sendable () -> Date

    /// Makes the credential. Nothing is sent or checked yet; a wrong value is the first ``token(for:)``'s error.
    ///
    /// - Parameters:
    ///   - tenantID: The directory's id, or one of its domain names.
    ///   - clientID: The application's id.
    ///   - clientSecret: The secret's value, not its id.
    ///   - authorityHost: The cloud's login host, such as `login.microsoftonline.com` or
    ///     `https://login.microsoftonline.com/`; https where it names no scheme.
    ///   - transport: What sends the requests.
    ///   - timeout: How long one token request may take.
    public init(
        tenantID: String,
        clientID: String,
        clientSecret: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration = ClientSecretCredential.defaultTimeout
    ) {
        self.init(
            tenantID: tenantID,
            clientID: clientID,
            clientSecret: clientSecret,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: { Date() }
        )
    }

    init(
        tenantID: String,
        clientID: String,
        clientSecret: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration,
        now: @escaping @Sendable () -> Date
    ) {
        self.tenantID = tenantID
        self.clientID = clientID
        self.clientSecret = Secret(clientSecret)
        authority = Self.authority(from: authorityHost)
        self.transport = transport
        self.timeout = timeout
        self.now = now
    }

    /// `client-secret(tenant: …, client: …)`
    public var description: String { "client-secret(tenant: \(tenantID), client: \(clientID))" }

    /// Asks Entra ID for a token, once.
    ///
    /// - Throws: ``AzureIdentityError``.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        try checkConfiguration()
        var form = [
            ("client_id", clientID), ("scope", scope), ("client_secret", clientSecret.value),
            ("grant_type", "client_credentials"),
        ]
        if let claims { form.append(("claims", claims)) }
        let request = HTTPRequest(
            method: .post,
            url: "\(authority)/\(tenantID)/oauth2/v2.0/token",
            headers: [
                HTTPHeader(name: "accept", value: "application/json"),
                HTTPHeader(name: "content-type", value: "application/x-www-form-urlencoded"),
            ],
            body: Array(form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&").utf8),
            timeout: timeout
        )

        // The token's life is counted from before the request, so that it ends early rather than late.
        let asked = now()
        let response: HTTPResponse
        do {
            response = try await transport.send(request)
        } catch {
            throw failure(of: error)
        }
        guard (200..<300).contains(response.status) else { throw failure(of: response) }
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body)),
            !answer.accessToken.isEmpty
        else {
            throw AzureIdentityError(
                code: .malformedResponse,
                message: "the token endpoint's answer holds no usable access_token and expires_in",
                credential: description,
                status: response.status
            )
        }
        return AccessToken(
            token: answer.accessToken,
            expiresOn: asked.addingTimeInterval(answer.expiresIn),
            refreshOn: answer.refreshIn.map(asked.addingTimeInterval)
        )
    }

    private func checkConfiguration() throws(AzureIdentityError) {
        let problem: String? =
            if !Self.isTenant(tenantID) {
                "the tenant id is no directory id and no domain name"
            } else if clientID.isEmpty {
                "the client id is empty"
            } else if clientSecret.value.isEmpty {
                "the client secret is empty"
            } else {
                nil
            }
        if let problem {
            throw AzureIdentityError(code: .configuration, message: problem, credential: description)
        }
    }

    private func failure(of error: HTTPTransportError) -> AzureIdentityError {
        let code: AzureIdentityError.Code =
            switch error.code {
            case .cancelled: .cancelled
            case .insecureURL, .invalidRequest: .configuration
            default: .network
            }
        return AzureIdentityError(
            code: code,
            message: "no answer from the token endpoint: \(error)",
            credential: description,
            underlying: error
        )
    }

    private func failure(of response: HTTPResponse) -> AzureIdentityError {
        let failure = TokenFailure.read(response.body)
        let code: AzureIdentityError.Code =
            switch response.status {
            case 429: .throttled
            case 408, 500...: .unavailable
            default: failure.isTransient ? .unavailable : .configuration
            }
        let message =
            failure.summary
            ?? ((300..<400).contains(response.status)
                ? "the token endpoint redirects, and redirects are not followed: check the authority host"
                : "the token endpoint answered \(response.status)")
        return AzureIdentityError(
            code: code,
            // Entra ID never repeats the secret; whatever else may stand at the authority's address might.
            message: clientSecret.redacted(from: message),
            credential: description,
            status: response.status,
            retryAfter: RetryAfter.parse(response, now: now()),
            entraError: failure.error.map { clientSecret.redacted(from: BoundedText.cut($0, toBytes: 128)) },
            entraCodes: failure.codes,
            traceID: failure.traceID.map { clientSecret.redacted(from: BoundedText.cut($0, toBytes: 64)) },
            correlationID: failure.correlationID.map { clientSecret.redacted(from: BoundedText.cut($0, toBytes: 64)) }
        )
    }

    /// Letters, digits, dots and hyphens, as azure_identity (Python 1.27) checks it; it becomes a path segment.
    private static func isTenant(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || scalar == "." || scalar == "-"
            }
    }

    private static func authority(from host: String) -> String {
        var authority = host[...]
        while authority.last == "/" { authority.removeLast() }
        return authority.contains("://") ? String(authority) : "https://\(authority)"
    }
}

extension ClientSecretCredential: CustomReflectable {
    /// Hides the secret from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}
