/// Not there yet.
public struct ClientCertificateCredential: TokenCredential {
    public enum Algorithm: String, CaseIterable, Sendable {
        case ps256 = "PS256"
        case rs256 = "RS256"
    }

    public init(
        tenantID: String,
        clientID: String,
        certificatePath: String,
        certificatePassword: String?,
        algorithm: Algorithm = .ps256,
        sendsCertificateChain: Bool = false,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration = ClientSecretCredential.defaultTimeout
    ) {}

    public var description: String { "ClientCertificateCredential" }

    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        throw AzureIdentityError(code: .configuration, message: "not there yet", credential: description)
    }
}
