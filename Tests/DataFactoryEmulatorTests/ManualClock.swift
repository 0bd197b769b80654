import DataFactoryEmulator
import NIOConcurrencyHelpers

/// A clock that stands still until a test moves it.
final class ManualClock: Sendable {
    // 2026-11-22T20:00:00Z
    private let moment = NIOLockedValueBox(Timestamp(secondsSince1970: 1_795_377_600))

    var clock: EmulatorClock {
        EmulatorClock { self.moment.withLockedValue { $0 } }
    }

    var now: Timestamp {
        moment.withLockedValue { $0 }
    }

    func advance(by duration: Duration) {
        moment.withLockedValue { $0 = $0 + duration }
    }
}
