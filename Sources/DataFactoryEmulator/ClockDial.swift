import NIOConcurrencyHelpers

/// The time a scenario goes by, which can be put forward while the emulator serves.
///
/// It is never put back, by a reset neither: tokens and runs would come from the future.
struct ClockDial: Sendable {
    /// How far the time may be put forward in all: a century keeps every year at four digits.
    static let furthest: Duration = .seconds(3_153_600_000)

    private let base: EmulatorClock
    private let mode: Scenario.ClockMode
    private let advanced = NIOLockedValueBox(Duration.zero)

    /// - Parameter base: what the time is put forward from; a manual clock asks it once.
    init(_ mode: Scenario.ClockMode, base: EmulatorClock) {
        self.mode = mode
        switch mode {
        case .system:
            self.base = base
        case .manual:
            let start = base.now()
            self.base = EmulatorClock { start }
        }
    }

    /// The time as everything else in the emulator sees it.
    var clock: EmulatorClock {
        EmulatorClock { base.now() + advanced.withLockedValue { $0 } }
    }

    /// Puts the time forward.
    /// - Returns: whether that is within ``furthest``; if not, nothing changes.
    func advance(by step: Duration) -> Bool {
        advanced.withLockedValue { advanced in
            guard advanced + step <= Self.furthest else { return false }
            advanced += step
            return true
        }
    }

    /// What the emulator's own route shows.
    var json: [UInt8] {
        JSONOutput.object { output in
            output.member("now", clock.now().text)
            output.member("clock", mode.rawValue)
            let seconds = advanced.withLockedValue { $0 } / .seconds(1)
            output.member("advancedSeconds") { $0.raw(seconds.description.utf8) }
        }
    }
}
