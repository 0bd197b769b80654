import AzureIdentity
import Foundation
import NIOConcurrencyHelpers

/// A credential that hands out `token-1`, `token-2`, …, or fails.
final class ScriptedCredential: TokenCredential {
    private let failure: AzureIdentityError?
    private let counter = NIOLockedValueBox(0)

    init(failing failure: AzureIdentityError? = nil) {
        self.failure = failure
    }

    var count: Int { counter.withLockedValue { $0 } }
    var description: String { "scripted" }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        let number = counter.withLockedValue { count in
            count += 1
            return count
        }
        if let failure { throw failure }
        return AccessToken(token: "token-\(number)", expiresOn: Date.distantFuture)
    }
}
