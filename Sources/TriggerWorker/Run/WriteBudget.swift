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

    /// Waits for a write, but at most until `deadline`.
    ///
    /// - Returns: false where the turn would come later than that; nothing is taken then.
    /// - Throws: `CancellationError`.
    func take(for subscriptionID: String, until deadline: ContinuousClock.Instant) async throws -> Bool {
        guard let slot = reserve(subscriptionID.lowercased(), .now, until: deadline) else { return false }
        if slot > .now { try await ContinuousClock().sleep(until: slot) }
        // A Retry-After may have come while this one slept.
        while let closedUntil = closedUntil(subscriptionID.lowercased()), closedUntil > .now {
            guard closedUntil < deadline else { return false }
            try await ContinuousClock().sleep(until: closedUntil)
        }
        return true
    }

    /// Stops everybody who waits for this subscription, as its Retry-After asks.
    func pause(_ subscriptionID: String, for duration: Duration) {
        accounts.withLockedValue { accounts in
            let now = ContinuousClock.now
            var account = accounts[subscriptionID.lowercased()] ?? Account(nextSlot: now, closedUntil: now)
            account.closedUntil = max(account.closedUntil, now + duration)
            accounts[subscriptionID.lowercased()] = account
        }
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
            // <= one account per subscription that passed the policy
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
