/// A run that was started. Where it stands follows from the clock alone.
struct PipelineRun: Sendable {
    /// How long a run stays `Canceling`.
    private static let cancelling: Duration = .seconds(1)

    let runID: String
    let groupID: String
    let order: RunOrder
    let createdAt: Timestamp
    var isLatest = true
    private var cancelledAt: Timestamp?

    init(runID: String, order: RunOrder, createdAt: Timestamp) {
        self.runID = runID
        self.groupID = order.groupID ?? runID
        self.order = order
        self.createdAt = createdAt
    }

    var parameters: [UInt8] { order.parameters }

    /// Where the run stands at a moment.
    func state(at now: Timestamp) -> RunState {
        if let cancelledAt {
            let end = cancelledAt + Self.cancelling
            return now < end
                ? RunState(status: .canceling, lastUpdated: cancelledAt)
                : RunState(status: .cancelled, lastUpdated: end, end: end)
        }
        let duration = order.pipeline.definition.duration
        let end = createdAt + duration
        if now >= end { return ended(at: end) }
        // The first tenth of a run, a second at most, is spent in the queue.
        let begin = createdAt + min(duration / 10, .seconds(1))
        return now < begin
            ? RunState(status: .queued, lastUpdated: createdAt) : RunState(status: .inProgress, lastUpdated: begin)
    }

    /// Cancels a run that has not ended.
    mutating func cancel(at now: Timestamp) {
        if cancelledAt == nil, state(at: now).end == nil { cancelledAt = now }
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
