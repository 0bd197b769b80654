internal import NIOConcurrencyHelpers

/// How fast this worker may call createRun, per subscription.
///
/// ARM gives each principal a bucket of 200 writes per subscription, refilled with 10 a second, and shares it with
/// everything else that principal writes. Whoever runs into it is refused, and again, so the worker keeps its own
/// bucket and waits before asking.
///
/// A caller takes the next free slot and sleeps until then, so callers are served in turn and nobody polls.
package final class WriteBudget: Sendable {
    private struct Account {
        var nextSlot: ContinuousClock.Instant
        /// Set by a Retry-After: whoever asks before it is refused, and makes it longer.
        var closedUntil: ContinuousClock.Instant
    }

    private let interval: Duration?
    private let burst: Int
    private let accounts = NIOLockedValueBox<[String: Account]>([:])

    /// - Parameters:
    ///   - perSecond: The refill; 0 switches the budget off, and only Retry-After is heeded.
    ///   - burst: How many writes a rested bucket holds.
    package init(perSecond: Double, burst: Int) {
        interval = perSecond > 0 ? .seconds(1) / perSecond : nil
        self.burst = burst
    }

    /// What waiting for a write came to.
    package enum Turn: Sendable {
        case granted
        /// The turn would have come behind the deadline.
        case tooLate
        /// Azure asked to be left alone until behind the deadline.
        case throttled
    }

    /// The longest time a Retry-After is believed; ARM has been seen to ask for 372 s.
    private static let longestPause = Duration.seconds(600)

    /// Waits for a write, but at most until `deadline`; where there is none by then it waits all the same, so that a
    /// queue full of requests is not emptied into failures at once.
    ///
    /// - Throws: `CancellationError`.
    func take(for subscriptionID: String, until deadline: ContinuousClock.Instant) async throws -> Turn {
        let key = Self.key(subscriptionID)
        guard let slot = reserve(key, .now, until: deadline) else {
            let turn: Turn = closedUntil(key).map { $0 > deadline } == true ? .throttled : .tooLate
            try await ContinuousClock().sleep(until: deadline)
            return turn
        }
        if slot > .now { try await ContinuousClock().sleep(until: slot) }
        // A Retry-After may have come while this one slept.
        while let closedUntil = closedUntil(key), closedUntil > .now {
            try await ContinuousClock().sleep(until: min(closedUntil, deadline))
            guard closedUntil < deadline else { return .throttled }
        }
        return .granted
    }

    /// Takes a write that needs no wait; false where there is none.
    func takeAtOnce(for subscriptionID: String) -> Bool {
        let now = ContinuousClock.now
        return reserve(Self.key(subscriptionID), now, until: now) != nil
    }

    /// Stops everybody who waits for this subscription, as its Retry-After asks.
    func pause(_ subscriptionID: String, for duration: Duration) {
        let key = Self.key(subscriptionID)
        accounts.withLockedValue { accounts in
            let now = ContinuousClock.now
            var account = accounts[key] ?? Account(nextSlot: now, closedUntil: now)
            account.closedUntil = max(account.closedUntil, now + min(duration, Self.longestPause))
            accounts[key] = account
        }
    }

    private static func key(_ subscriptionID: String) -> String {
        subscriptionID.loweringASCII
    }

    /// Takes the next slot; nil where it lies behind the deadline. Pure but for the lock: time comes from the caller.
    func reserve(
        _ key: String,
        _ now: ContinuousClock.Instant,
        until deadline: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        accounts.withLockedValue { accounts in
            guard let interval else {
                guard let account = accounts[key] else { return now }
                let slot = max(now, account.closedUntil)
                return slot > deadline ? nil : slot
            }
            let rested = now - interval * (burst - 1)
            // Rested accounts say nothing that a new one would not: with policy.allow * publishers choose the names.
            if accounts.count > 1000 {
                accounts = accounts.filter { $0.value.nextSlot > rested || $0.value.closedUntil > now }
            }
            let account = accounts[key] ?? Account(nextSlot: rested, closedUntil: now)
            let free = max(account.nextSlot, rested)
            let slot = max(now, free, account.closedUntil)
            guard slot <= deadline else { return nil }
            accounts[key] = Account(nextSlot: free + interval, closedUntil: account.closedUntil)
            return slot
        }
    }

    private func closedUntil(_ key: String) -> ContinuousClock.Instant? {
        accounts.withLockedValue { $0[key]?.closedUntil }
    }
}
