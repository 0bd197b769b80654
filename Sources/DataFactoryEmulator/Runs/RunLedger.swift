/// Every run there is, and which client request ids have been used.
///
/// Nothing is dropped before ``forget()``: tests count on finding every run, and memory bounds how many there are.
struct RunLedger: Sendable {
    private struct Claim {
        var position: Int
        var since: Timestamp
    }

    private struct LateRun {
        var due: Timestamp
        var order: RunOrder
    }

    private let runIDs: Scenario.RunIDs
    private let dedupe: Duration?
    private var runs: [PipelineRun] = []
    private var positions: [GUID: Int] = [:]
    private var claims: [GUID: Claim] = [:]
    private var refusals: [GUID: Answer] = [:]
    private var late: [LateRun] = []

    /// - Parameter dedupe: how long a repeated client request id starts nothing; nil is for ever.
    init(runIDs: Scenario.RunIDs, dedupe: Duration?) {
        self.runIDs = runIDs
        self.dedupe = dedupe
    }

    /// Starts a run, or finds the one its client request id has started already.
    /// - Returns: the run's id.
    mutating func start(_ order: RunOrder, at now: Timestamp) -> String {
        startDue(at: now)
        return startNow(order, at: now)
    }

    /// Has a run appear later, unless its client request id has started one by then.
    mutating func start(_ order: RunOrder, after delay: Duration, at now: Timestamp) {
        late.append(LateRun(due: now + delay, order: order))
        late.sort { $0.due < $1.due }
    }

    /// Whether a client request id starts nothing any more.
    mutating func isKnown(_ id: GUID, at now: Timestamp) -> Bool {
        startDue(at: now)
        return claimed(id, at: now) != nil
    }

    /// The run of that id, if it belongs to the factory.
    mutating func run(_ id: GUID, in factory: FactoryEntry, at now: Timestamp) -> PipelineRun? {
        startDue(at: now)
        return position(id, in: factory).map { runs[$0] }
    }

    /// Every run in order of creation.
    mutating func runs(at now: Timestamp) -> [PipelineRun] {
        startDue(at: now)
        return runs
    }

    /// Cancels a run that has not ended.
    /// - Returns: whether there is such a run.
    mutating func cancel(_ id: GUID, in factory: FactoryEntry, at now: Timestamp) -> Bool {
        startDue(at: now)
        guard let position = position(id, in: factory) else { return false }
        runs[position].cancel(at: now)
        return true
    }

    /// Keeps a refusal to be answered again, where the scenario wants that.
    mutating func keepRefusal(_ answer: Answer, for id: GUID) {
        if runIDs == .replayErrors, refusals[id] == nil { refusals[id] = answer }
    }

    /// The refusal a client request id has met before.
    func refusal(for id: GUID) -> Answer? {
        runIDs == .replayErrors ? refusals[id] : nil
    }

    /// Begins anew.
    mutating func forget() {
        self = RunLedger(runIDs: runIDs, dedupe: dedupe)
    }

    private mutating func startDue(at now: Timestamp) {
        while let first = late.first, first.due <= now {
            late.removeFirst()
            _ = startNow(first.order, at: first.due)
        }
    }

    private mutating func startNow(_ order: RunOrder, at now: Timestamp) -> String {
        let clientID = runIDs == .server ? nil : order.clientRequestID.flatMap { GUID($0) }
        if let clientID, let claim = claimed(clientID, at: now) { return runs[claim].runID }
        let runID: String
        if let clientID, let text = order.clientRequestID, positions[clientID] == nil {
            runID = text
            positions[clientID] = runs.count
        } else {
            let id = GUID.random()
            runID = id.description
            positions[id] = runs.count
        }
        if let clientID { claims[clientID] = Claim(position: runs.count, since: now) }
        let run = PipelineRun(runID: runID, order: order, createdAt: now)
        if order.groupID != nil {
            for index in runs.indices where runs[index].groupID == run.groupID { runs[index].isLatest = false }
        }
        runs.append(run)
        return runID
    }

    private func claimed(_ id: GUID, at now: Timestamp) -> Int? {
        guard runIDs != .server, let claim = claims[id] else { return nil }
        guard let dedupe else { return claim.position }
        return now - claim.since < dedupe ? claim.position : nil
    }

    private func position(_ id: GUID, in factory: FactoryEntry) -> Int? {
        positions[id].flatMap { runs[$0].order.factory === factory ? $0 : nil }
    }
}
