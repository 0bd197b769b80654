import NIOConcurrencyHelpers

/// ARM's token buckets: one for reads and one for writes for each client in each subscription.
struct Throttle: Sendable {
    private struct Key: Hashable {
        var kind: OperationKind
        var clientID: String
        var subscriptionID: String
    }

    private let writes: Scenario.Budget?
    private let reads: Scenario.Budget?
    // Bounded by the clients that hold a token times the scenario's subscriptions.
    private let buckets = NIOLockedValueBox<[Key: TokenBucket]>([:])

    init(scenario: Scenario) {
        self.writes = scenario.writes
        self.reads = scenario.reads
    }

    /// Charges a call; nil where there is no limit.
    func charge(_ kind: OperationKind, clientID: String, subscriptionID: String, at now: Timestamp) -> TokenBucket
        .Outcome?
    {
        guard let budget = kind == .write ? writes : reads else { return nil }
        let key = Key(kind: kind, clientID: clientID, subscriptionID: subscriptionID)
        return buckets.withLockedValue { $0[key, default: TokenBucket(budget, at: now)].take(at: now) }
    }

    func forget() {
        buckets.withLockedValue { $0 = [:] }
    }
}
