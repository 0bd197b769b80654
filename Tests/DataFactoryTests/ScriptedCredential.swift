import AzureIdentity
import Foundation
import NIOConcurrencyHelpers

/// A credential that hands out `token-1`, `token-2`, …, or fails.
final class ScriptedCredential: TokenCredential {
    private let failure: AzureIdentityError?
    private let asked = NIOLockedValueBox<[String?]>([])

    init(failing failure: AzureIdentityError? = nil) {
        self.failure = failure
    }

    var count: Int { asked.withLockedValue { $0.count } }
    /// The claims of each request so far.
    var claims: [String?] { asked.withLockedValue { $0 } }
    var description: String { "scripted" }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        let number = asked.withLockedValue { asked in
            asked.append(claims)
            return asked.count
        }
        if let failure { throw failure }
        return AccessToken(token: "token-\(number)", expiresOn: Date.distantFuture)
    }
}
