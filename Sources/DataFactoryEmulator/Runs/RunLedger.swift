import DequeModule
import HeapModule

/// Every run there is, and which client request ids have been used.
///
/// Each call first brings about what has come due since the one before. Starting, reading and cancelling cost the
/// same however many runs there are.
struct RunLedger: Sendable {
    /// What of the scenario decides about runs.
    struct Rules: Sendable {
        var runIDs: Scenario.RunIDs
        /// How long a repeated client request id starts nothing; nil is for ever.
        var dedupe: Duration?
        var queueLimit: Int
        var queueOverflow: Scenario.QueueOverflow
        /// Beyond so many, the runs that ended first are dropped.
        var keptRuns: Int
    }

    private struct Claim {
        var sequence: Int
        var since: Timestamp
    }

    let rules: Rules
    // keptRuns bounds these, but for runs that have not ended.
    private(set) var runs: [Int: PipelineRun] = [:]
    /// The sequence numbers in order, among them some of dropped runs.
    private(set) var order: [Int] = []
    private(set) var nextSequence = 0
    private var sequences: [GUID: Int] = [:]
    private var claims: [GUID: Claim] = [:]
    private var recoveries: [GUID: [Int]] = [:]
    private var ended: Deque<Int> = []
    private var refusals: [GUID: Answer] = [:]
    private var places: RunPlaces
    private var events = Heap<LedgerEvent>()
    private var nextEvent = 0

    init(rules: Rules) {
        self.rules = rules
        self.places = RunPlaces(queueLimit: rules.queueLimit)
    }

    /// Starts a run, or finds the one its client request id has started already.
    /// - Returns: the run's id, or the refusal if too many run or wait already and the scenario wants one.
    mutating func start(_ order: RunOrder, at now: Timestamp) -> Result<String, ManagementError> {
        settle(at: now)
        return startNow(order, at: now)
    }

    /// Has a run appear later, unless its client request id has started one by then.
    mutating func start(_ order: RunOrder, after delay: Duration, at now: Timestamp) {
        arrange(.appear(order), at: now + delay)
    }

    /// Whether a client request id starts nothing any more.
    mutating func isKnown(_ id: GUID, at now: Timestamp) -> Bool {
        settle(at: now)
        return claimed(id, at: now) != nil
    }

    /// The run of that id, if it belongs to the factory.
    mutating func run(_ id: GUID, in factory: FactoryEntry, at now: Timestamp) -> PipelineRun? {
        settle(at: now)
        guard let run = sequences[id].flatMap({ runs[$0] }), run.order.factory === factory else { return nil }
        return run
    }

    /// Every run in order of creation.
    mutating func allRuns(at now: Timestamp) -> [PipelineRun] {
        settle(at: now)
        return order.compactMap { runs[$0] }
    }

    /// Cancels a run that has not ended.
    /// - Returns: whether there is such a run.
    mutating func cancel(_ id: GUID, in factory: FactoryEntry, at now: Timestamp) -> Bool {
        guard var run = run(id, in: factory, at: now) else { return false }
        if run.cancel(at: now) {
            if run.admittedAt == nil { places.withdraw(run.sequence, run.order) }
            runs[run.sequence] = run
            arrangeEnd(of: run)
        }
        return true
    }

    /// The runs of a recovery group, in order of creation.
    func group(_ id: GUID) -> [Int] {
        (sequences[id].map { [$0] } ?? []) + (recoveries[id] ?? [])
    }

    /// Keeps a refusal to be answered again, where the scenario wants that.
    mutating func keepRefusal(_ answer: Answer, for id: GUID) {
        guard rules.runIDs == .replayErrors, refusals[id] == nil else { return }
        // Forgetting all of them is crude, and enough to bound them.
        if refusals.count >= rules.keptRuns { refusals = [:] }
        refusals[id] = answer
    }

    /// The refusal a client request id has met before.
    func refusal(for id: GUID) -> Answer? {
        rules.runIDs == .replayErrors ? refusals[id] : nil
    }

    /// Begins anew.
    mutating func forget() {
        self = RunLedger(rules: rules)
    }

    /// Brings about what has come due.
    mutating func settle(at now: Timestamp) {
        while let event = events.min, event.due <= now {
            events.removeMin()
            switch event.kind {
            case .appear(let order): _ = startNow(order, at: event.due)
            case .end(let sequence): finish(sequence, at: event.due)
            }
        }
    }
}

extension RunLedger {
    private mutating func startNow(_ wanted: RunOrder, at now: Timestamp) -> Result<String, ManagementError> {
        let clientID = rules.runIDs == .server ? nil : wanted.clientRequestID.flatMap { GUID($0) }
        if let clientID, let claim = claimed(clientID, at: now), let run = runs[claim] {
            return .success(run.runID)
        }
        var order = wanted
        let sequence = nextSequence
        var isWaiting = false
        switch places.admit(sequence, order) {
        case .place: break
        case .wait: isWaiting = true
        case .none(let refusal):
            if rules.queueOverflow == .refuse { return .failure(refusal) }
            order.failure = refusal.message
            order.failsAtOnce = true
        }
        let (id, text) = identity(order, clientID)
        let run = PipelineRun(sequence: sequence, runID: text, order: order, createdAt: now, isWaiting: isWaiting)
        nextSequence += 1
        sequences[id] = sequence
        if let clientID { claims[clientID] = Claim(sequence: sequence, since: now) }
        if order.groupID != nil, let group = GUID(run.groupID) {
            for earlier in self.group(group) { runs[earlier]?.isLatest = false }
            recoveries[group, default: []].append(sequence)
        }
        runs[sequence] = run
        self.order.append(sequence)
        arrangeEnd(of: run)
        dropEnded()
        return .success(text)
    }

    /// The new run's id, with the text it is answered in.
    private func identity(_ order: RunOrder, _ clientID: GUID?) -> (GUID, String) {
        if let clientID, let text = order.clientRequestID, sequences[clientID] == nil { return (clientID, text) }
        let id = GUID.random()
        return (id, id.description)
    }

    private func claimed(_ id: GUID, at now: Timestamp) -> Int? {
        guard rules.runIDs != .server, let claim = claims[id] else { return nil }
        guard let dedupe = rules.dedupe else { return claim.sequence }
        return now - claim.since < dedupe ? claim.sequence : nil
    }

    private mutating func finish(_ sequence: Int, at moment: Timestamp) {
        // A cancellation moves a run's end: the event of the end it had before is void.
        guard let run = runs[sequence], run.end == moment, !run.hasLeft else { return }
        runs[sequence]?.hasLeft = true
        ended.append(sequence)
        if run.admittedAt != nil, !run.order.failsAtOnce, let next = places.leave(run.order) {
            runs[next]?.admit(at: moment)
            if let admitted = runs[next] { arrangeEnd(of: admitted) }
        }
        dropEnded()
    }

    private mutating func arrangeEnd(of run: PipelineRun) {
        if let end = run.end { arrange(.end(sequence: run.sequence), at: end) }
    }

    private mutating func arrange(_ kind: LedgerEvent.Kind, at due: Timestamp) {
        events.insert(LedgerEvent(due: due, number: nextEvent, kind: kind))
        nextEvent += 1
    }

    private mutating func dropEnded() {
        while runs.count > rules.keptRuns, let sequence = ended.popFirst() { drop(sequence) }
        // Amortized: each dropped run is passed over once.
        if order.count > 2 * runs.count + 1024 { order.removeAll { runs[$0] == nil } }
    }

    private mutating func drop(_ sequence: Int) {
        guard let run = runs.removeValue(forKey: sequence) else { return }
        if let id = GUID(run.runID) { sequences[id] = nil }
        if let id = run.order.clientRequestID.flatMap({ GUID($0) }), claims[id]?.sequence == sequence {
            claims[id] = nil
        }
        if run.order.groupID != nil, let group = GUID(run.groupID) {
            recoveries[group]?.removeAll { $0 == sequence }
            if recoveries[group]?.isEmpty == true { recoveries[group] = nil }
        }
    }
}
