import CryptoExtras

/// Tokens of another issuer that an application may prove itself with, as a Kubernetes cluster's.
package struct FederatedCredential: Sendable {
    /// The audience such tokens have unless told otherwise.
    static let usualAudience = "api://AzureADTokenExchange"

    /// What a token's `iss` must be, letter for letter.
    var issuer: String
    /// What its `sub` must be, letter for letter.
    var subject: String
    /// What its `aud` must be or contain.
    var audience: String
    /// What it must be signed with.
    var key: _RSA.Signing.PublicKey
}
