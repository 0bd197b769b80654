#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// The two clocks of a ``TokenCache``: the steady one it measures with, and the wall clock a token's expiry is told in.
package struct TokenClock: Sendable {
    /// Time that never jumps.
    package var instant: @Sendable () -> ContinuousClock.Instant

    /// The time of day.
    package var date: @Sendable () -> Date

    /// Makes a pair of clocks; for tests.
    package init(instant: @escaping @Sendable () -> ContinuousClock.Instant, date: @escaping @Sendable () -> Date) {
        self.instant = instant
        self.date = date
    }

    /// The machine's clocks.
    package static let system = TokenClock(instant: { ContinuousClock.now }, date: { Date() })
}
