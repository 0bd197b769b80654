/// Not there yet.
public struct DefaultAzureCredential: TokenCredential {
    public init(_ configuration: CredentialConfiguration, transport: any HTTPTransport) {}

    public var description: String { "DefaultAzureCredential" }

    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        throw AzureIdentityError(code: .configuration, message: "not there yet", credential: description)
    }
}
