/// Not there yet.
public struct ManagedIdentityCredential: TokenCredential {
    public enum Identity: Sendable, Hashable {
        case systemAssigned
        case clientID(String)
        case objectID(String)
        case resourceID(String)
    }

    public init(identity: Identity, environment: [String: String], transport: any HTTPTransport) {}

    public var description: String { "ManagedIdentityCredential" }

    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        throw AzureIdentityError(code: .configuration, message: "not there yet", credential: description)
    }
}
