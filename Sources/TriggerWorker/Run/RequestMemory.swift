internal import DequeModule
internal import NIOConcurrencyHelpers

/// What this worker knows of the requests it works on, and of those it answered with a run lately.
///
/// It spares Data Factory nothing but races: of two deliveries with one identity, which publishers do send, only one is
/// worked on at a time here. What other replicas do is for the look-up to find out.
final class RequestMemory: Sendable {
    /// A request that was answered with a run.
    struct Answered: Sendable, Hashable {
        private let stored: ExistingRun
        /// The request's own, as they came, where the run was started with them: few are ever compared, so they are not
        /// taken apart before.
        private let parameters: [UInt8]?

        /// A run that was started with these parameters.
        init(_ run: ExistingRun, startedWith parameters: [UInt8]) {
            stored = run
            self.parameters = parameters
        }

        /// A run that was found, with the parameters Data Factory shows.
        init(found run: ExistingRun) {
            stored = run
            parameters = nil
        }

        /// What another request of the same identity is compared with.
        var run: ExistingRun {
            guard let parameters else { return stored }
            var run = stored
            run.parameters = Contradiction.comparable(parameters)
            return run
        }

        /// The size of its parameters.
        var byteCount: Int {
            parameters?.count ?? stored.parameters.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        }
    }

    /// What is known of a request that begins.
    enum Claim: Sendable, Hashable {
        /// Nothing; it is in work from now on, until ``release(_:_:)``.
        case new
        /// Another delivery of it is in work.
        case inWork
        /// It was answered with a run.
        case answered(Answered)
    }

    private struct State {
        // <= the requests in work.
        var inWork: Set<String> = []
        // <= capacity, and their parameters <= parameterByteLimit
        var answered: [String: Answered] = [:]
        /// The oldest first.
        var order: Deque<String> = []
        var parameterByteCount = 0
    }

    /// 4 MiB: 4,000 requests of twice the usual size.
    private static let parameterByteLimit = 4 << 20

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter capacity: How many answered requests are remembered; the oldest is forgotten first.
    init(capacity: Int = 4_000) {
        self.capacity = max(1, capacity)
    }

    func claim(_ runID: String) -> Claim {
        state.withLockedValue { state in
            if let answered = state.answered[runID] { return .answered(answered) }
            return state.inWork.insert(runID).inserted ? .new : .inWork
        }
    }

    /// - Parameter answered: The run that answered it; nil where it ended otherwise, which nobody needs to remember.
    func release(_ runID: String, _ answered: Answered?) {
        state.withLockedValue { state in
            state.inWork.remove(runID)
            guard let answered, state.answered.updateValue(answered, forKey: runID) == nil else { return }
            state.order.append(runID)
            state.parameterByteCount += answered.byteCount
            while state.order.count > capacity || state.parameterByteCount > Self.parameterByteLimit,
                let oldest = state.order.popFirst()
            {
                state.parameterByteCount -= state.answered.removeValue(forKey: oldest)?.byteCount ?? 0
            }
        }
    }
}
