/// Not there yet.
public struct AzureCLICredential: TokenCredential {
    public init(
        tenantID: String? = nil,
        subscription: String? = nil,
        environment: [String: String] = [:],
        timeout: Duration = .seconds(10)
    ) {}

    public var description: String { "AzureCLICredential" }

    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        throw AzureIdentityError(code: .configuration, message: "not there yet", credential: description)
    }
}
