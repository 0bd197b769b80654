/// Not there yet.
public struct WorkloadIdentityCredential: TokenCredential {
    public init(
        tenantID: String,
        clientID: String,
        tokenFile: String,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration = ClientSecretCredential.defaultTimeout
    ) {}

    public var description: String { "WorkloadIdentityCredential" }

    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        throw AzureIdentityError(code: .configuration, message: "not there yet", credential: description)
    }
}
