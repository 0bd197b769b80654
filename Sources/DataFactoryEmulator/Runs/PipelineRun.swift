/// A run that was started.
///
/// Where it stands follows from the clock and from one thing only the ledger knows: when it got its place among the
/// runs of a pipeline with limited concurrency.
struct PipelineRun: Sendable {
    /// How long a run stays `Canceling`.
    private static let cancelling: Duration = .seconds(1)

    /// Its number in order of creation.
    let sequence: Int
    let runID: String
    let groupID: String
    let order: RunOrder
    let createdAt: Timestamp
    var isLatest = true
    /// The ledger has dealt with its end.
    var hasLeft = false
    /// When it got its place; nil while it waits for one.
    private(set) var admittedAt: Timestamp?
    private(set) var cancelledAt: Timestamp?

    /// - Parameter isWaiting: the run has no place yet.
    init(sequence: Int, runID: String, order: RunOrder, createdAt: Timestamp, isWaiting: Bool) {
        self.sequence = sequence
        self.runID = runID
        self.groupID = order.groupID ?? runID
        self.order = order
        self.createdAt = createdAt
        self.admittedAt = isWaiting ? nil : createdAt
    }

    var parameters: [UInt8] { order.parameters }

    /// When the run ends or has ended, as things are; nil while it waits for a place.
    var end: Timestamp? {
        if let cancelledAt { return cancelledAt + Self.cancelling }
        return admittedAt.map { $0 + duration }
    }

    /// Where the run stands at a moment.
    func state(at now: Timestamp) -> RunState {
        if let cancelledAt {
            let end = cancelledAt + Self.cancelling
            return now < end
                ? RunState(status: .canceling, lastUpdated: cancelledAt)
                : RunState(status: .cancelled, lastUpdated: end, end: end)
        }
        guard let admittedAt else { return RunState(status: .queued, lastUpdated: createdAt) }
        let end = admittedAt + duration
        if now >= end { return ended(at: end) }
        // The first tenth of a run, a second at most, goes by before its work begins.
        let begin = admittedAt + min(duration / 10, .seconds(1))
        return now < begin
            ? RunState(status: .queued, lastUpdated: createdAt) : RunState(status: .inProgress, lastUpdated: begin)
    }

    /// Gives a run that waits its place.
    mutating func admit(at moment: Timestamp) {
        if admittedAt == nil { admittedAt = moment }
    }

    /// Cancels a run that has not ended.
    /// - Returns: whether that changed anything.
    mutating func cancel(at now: Timestamp) -> Bool {
        guard cancelledAt == nil, state(at: now).end == nil else { return false }
        cancelledAt = now
        return true
    }

    private var duration: Duration {
        order.failsAtOnce ? .zero : order.pipeline.definition.duration
    }

    private func ended(at end: Timestamp) -> RunState {
        if let failure = order.failure {
            return RunState(status: .failed, lastUpdated: end, end: end, message: failure)
        }
        switch order.pipeline.definition.outcome {
        case .succeeded: return RunState(status: .succeeded, lastUpdated: end, end: end)
        case .cancelled: return RunState(status: .cancelled, lastUpdated: end, end: end)
        case .failed:
            let message = "Operation on target Activity1 failed: the scenario has runs of this pipeline fail."
            return RunState(status: .failed, lastUpdated: end, end: end, message: message)
        }
    }
}
