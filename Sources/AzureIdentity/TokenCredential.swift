/// A way to prove to Entra ID who is calling.
///
/// A credential asks each time it is called; ``TokenCache`` puts a memory in front of it.
public protocol TokenCredential: Sendable, CustomStringConvertible {
    /// Gets a token.
    ///
    /// - Parameters:
    ///   - scope: What the token is for, such as `https://management.azure.com/.default`.
    ///   - claims: What a service demanded of the token beyond that, when it refused another: the JSON of a claims
    ///     challenge. Nil for an ordinary token.
    /// - Throws: ``AzureIdentityError``; its ``AzureIdentityError/isConfiguration`` tells a wrong secret or tenant from
    ///   trouble that passes. Asking again is always safe.
    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken

    /// The kind of credential and its public names, never a secret: `client-secret(tenant: …, client: …)`.
    var description: String { get }
}

extension TokenCredential {
    /// Gets an ordinary token, as ``token(for:claims:)`` does.
    public func token(for scope: String) async throws(AzureIdentityError) -> AccessToken {
        try await token(for: scope, claims: nil)
    }
}
