#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A service principal that proves itself with a secret, at Entra ID's v2 endpoint.
public struct ClientSecretCredential: TokenCredential {
    /// The token endpoint's time-out: 30 s. An answer takes well under a second; the request can always be repeated.
    public static let defaultTimeout = Duration.seconds(30)

    private let endpoint: TokenEndpoint
    private let clientSecret: Secret

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
        endpoint = TokenEndpoint(
            kind: .clientSecret,
            tenantID: tenantID,
            clientID: clientID,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: now
        )
        self.clientSecret = Secret(clientSecret)
    }

    /// `client-secret(tenant: …, client: …)`
    public var description: String { endpoint.credential }

    /// Asks Entra ID for a token, once.
    ///
    /// - Throws: ``AzureIdentityError``.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        try endpoint.checkNames()
        if clientSecret.value.isEmpty { throw endpoint.misconfigured("the client secret is empty") }
        return try await endpoint.token(
            for: scope,
            claims: claims,
            proof: TokenEndpoint.Proof(name: "client_secret", secret: clientSecret)
        )
    }
}

extension ClientSecretCredential: CustomReflectable {
    /// Hides the secret from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}
