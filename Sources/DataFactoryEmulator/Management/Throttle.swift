import NIOConcurrencyHelpers

/// ARM's token buckets: one for reads and one for writes for each client in each subscription, and one of each for
/// all clients of a subscription together.
struct Throttle: Sendable {
    /// What a call that was charged finds left.
    struct Remaining: Sendable {
        /// For this client; nil where there is no limit.
        var own: Int?
        /// For all clients of the subscription.
        var global: Int?
    }

    /// What became of a call.
    enum Charge: Sendable {
        case granted(Remaining)
        case refused(Remaining, retryAfterSeconds: Int)
    }

    private struct Key: Hashable {
        var kind: OperationKind
        /// nil for all clients together.
        var clientID: String?
        var subscriptionID: String
    }

    // Of Azure's documentation of request limits: the subscription's bucket is fifteen times a client's.
    private static let clientsTogether = 15

    private let writes: Scenario.Budget?
    private let reads: Scenario.Budget?
    // Bounded by the clients that hold a token times the scenario's subscriptions.
    private let buckets = NIOLockedValueBox<[Key: TokenBucket]>([:])

    init(scenario: Scenario) {
        self.writes = scenario.writes
        self.reads = scenario.reads
    }

    /// Charges a call.
    func charge(_ kind: OperationKind, clientID: String, subscriptionID: String, at now: Timestamp) -> Charge {
        guard let budget = kind == .write ? writes : reads else { return .granted(Remaining()) }
        let together = Scenario.Budget(
            bucket: budget.bucket * Self.clientsTogether,
            perSecond: budget.perSecond * Double(Self.clientsTogether),
            renewsWait: budget.renewsWait
        )
        let ownKey = Key(kind: kind, clientID: clientID, subscriptionID: subscriptionID)
        let globalKey = Key(kind: kind, clientID: nil, subscriptionID: subscriptionID)
        return buckets.withLockedValue { buckets in
            var global = buckets[globalKey] ?? TokenBucket(together, at: now)
            // The client's own bucket first: what it refuses must not cost the others anything.
            switch buckets[ownKey, default: TokenBucket(budget, at: now)].take(at: now) {
            case .refused(let seconds):
                return .refused(Remaining(own: 0, global: global.level(at: now)), retryAfterSeconds: seconds)
            case .granted(let own):
                defer { buckets[globalKey] = global }
                switch global.take(at: now) {
                case .granted(let left): return .granted(Remaining(own: own, global: left))
                case .refused(let seconds):
                    return .refused(Remaining(own: own, global: 0), retryAfterSeconds: seconds)
                }
            }
        }
    }

    func forget() {
        buckets.withLockedValue { $0 = [:] }
    }
}
