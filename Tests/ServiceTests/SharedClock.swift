import AzureIdentity
import DataFactoryEmulator
import Foundation
import NIOConcurrencyHelpers

/// One clock for the client and the emulator; it goes with the machine's, and a test can put it forward.
final class SharedClock: Sendable {
    private let ahead = NIOLockedValueBox(Duration.zero)

    var emulator: EmulatorClock {
        EmulatorClock { Timestamp.systemNow() + self.ahead.withLockedValue { $0 } }
    }

    var tokens: TokenClock {
        TokenClock(
            instant: { ContinuousClock.now + self.ahead.withLockedValue { $0 } },
            date: { Date().addingTimeInterval(self.ahead.withLockedValue { $0 } / .seconds(1)) }
        )
    }

    /// The credential, dating its tokens by this clock instead of the machine's.
    func credential(_ credential: ClientSecretCredential) -> any TokenCredential {
        DatedCredential(inner: credential, date: tokens.date)
    }

    func advance(by duration: Duration) {
        ahead.withLockedValue { $0 += duration }
    }
}

private struct DatedCredential: TokenCredential {
    let inner: ClientSecretCredential
    let date: @Sendable () -> Date

    var description: String { inner.description }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        let ahead = date().timeIntervalSince(Date())
        let token = try await inner.token(for: scope, claims: claims)
        return AccessToken(
            token: token.token,
            expiresOn: token.expiresOn.addingTimeInterval(ahead),
            refreshOn: token.refreshOn?.addingTimeInterval(ahead)
        )
    }
}
