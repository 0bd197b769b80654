/// Where the emulator takes the time from: the machine, or a test that steps it by hand.
package struct EmulatorClock: Sendable {
    /// The present moment.
    package let now: @Sendable () -> Timestamp

    /// Makes a clock that asks the closure each time.
    package init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = EmulatorClock { Timestamp.systemNow() }
}
