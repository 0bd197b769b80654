import AzureIdentity
import Foundation
import NIOConcurrencyHelpers

/// A pair of clocks that a test moves by hand.
final class ManualClock: Sendable {
    let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let origin = ContinuousClock.now
    private let passed = NIOLockedValueBox(Duration.zero)
    private let skew = NIOLockedValueBox(0.0)

    func advance(by duration: Duration) {
        passed.withLockedValue { $0 += duration }
    }

    /// Moves the wall clock alone, as an administrator or NTP would.
    func jump(bySeconds seconds: Double) {
        skew.withLockedValue { $0 += seconds }
    }

    var date: Date {
        let steady = passed.withLockedValue { $0 } / .seconds(1)
        return start.addingTimeInterval(steady + skew.withLockedValue { $0 })
    }

    var clock: TokenClock {
        TokenClock(
            instant: { self.origin + self.passed.withLockedValue { $0 } },
            date: { self.date }
        )
    }

    func token(_ text: String, lifetime: Double, refreshIn: Double? = nil) -> AccessToken {
        AccessToken(
            token: text,
            expiresOn: date.addingTimeInterval(lifetime),
            refreshOn: refreshIn.map(date.addingTimeInterval)
        )
    }
}
