internal import NIOConcurrencyHelpers

/// What this worker knows of the requests it works on, and of those it answered with a run lately.
///
/// It spares Data Factory nothing but races: of two deliveries with one identity, which publishers do send, only one is
/// worked on at a time here. What other replicas do is for the look-up to find out.
final class RequestMemory: Sendable {
    /// What is known of a request that begins.
    enum Claim: Sendable, Hashable {
        /// Nothing; it is in work from now on, until ``release(_:started:)``.
        case new
        /// Another delivery of it is in work.
        case inWork
        /// It was answered with this run.
        case answered(ExistingRun)
    }

    private struct State {
        // <= the requests in work.
        var inWork: Set<String> = []
        // <= capacity
        var answered: [String: ExistingRun] = [:]
        var order: [String] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter capacity: How many answered requests are remembered; the oldest is forgotten first.
    init(capacity: Int = 10_000) {
        self.capacity = max(1, capacity)
    }

    func claim(_ runID: String) -> Claim {
        state.withLockedValue { state in
            if let run = state.answered[runID] { return .answered(run) }
            return state.inWork.insert(runID).inserted ? .new : .inWork
        }
    }

    /// - Parameter started: The run that answered it; nil where it ended otherwise, which nobody needs to remember.
    func release(_ runID: String, started: ExistingRun?) {
        state.withLockedValue { state in
            state.inWork.remove(runID)
            guard let started, state.answered.updateValue(started, forKey: runID) == nil else { return }
            if state.order.count < capacity {
                state.order.append(runID)
                return
            }
            state.answered[state.order[state.oldest]] = nil
            state.order[state.oldest] = runID
            state.oldest = (state.oldest + 1) % capacity
        }
    }
}
