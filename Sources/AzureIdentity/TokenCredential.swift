/// A way to prove to Entra ID who is calling.
///
/// A credential asks each time it is called; ``TokenCache`` puts a memory in front of it.
public protocol TokenCredential: Sendable, CustomStringConvertible {
    /// Gets a token.
    ///
    /// - Parameter scope: What the token is for, such as `https://management.azure.com/.default`.
    /// - Throws: ``AzureIdentityError``; its ``AzureIdentityError/isConfiguration`` tells a wrong secret or tenant from
    ///   trouble that passes. Asking again is always safe.
    func token(for scope: String) async throws(AzureIdentityError) -> AccessToken

    /// The kind of credential and its public names, never a secret: `client-secret(tenant: …, client: …)`.
    var description: String { get }
}
