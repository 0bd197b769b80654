/// The way to a run: what to ask Data Factory next, given what it has said so far.
///
/// One rule makes it safe: while an earlier call may be under way, the request is neither started nor refused on the
/// word of one look-up. It is put back for as long as such a call can last, looked up again, and only then judged. It
/// has no clock and asks nobody.
struct StartStateMachine {
    /// What to do next.
    enum Action: Sendable {
        /// Ask whether the run exists.
        case lookUp
        /// The same after a growing pause, at least this long; ``outOfTime(_:)`` where that does not fit.
        case lookUpAgain(after: Duration)
        /// Call createRun.
        case start
        /// The same after a growing pause, at least this long; ``outOfTime(_:)`` where that does not fit.
        case startAgain(after: Duration)
        /// It is decided.
        case end(Ending)

        /// Whether it is decided that there is no run, or that its target is out of reach.
        var isWithoutRun: Bool {
            switch self {
            case .end(.failed): true
            case .end(.postponed(let postponement)): postponement.reason == .target
            default: false
            }
        }

        /// Whether there is a run.
        var isRun: Bool {
            switch self {
            case .end(.started), .end(.adopted): true
            default: false
            }
        }
    }

    /// How it ended. What is rare and large is by reference: every request keeps room for all of it while it waits.
    enum Ending: Sendable {
        case started(runID: String)
        indirect case adopted(ExistingRun)
        indirect case postponed(Postponement)
        case failed(StartVerdict)
    }

    /// What is set for every request.
    struct Rules: Sendable {
        /// Which requests are looked up first.
        var check: DuplicateCheck
        /// How long a createRun call can still have an effect after it was sent.
        var window: Duration
        /// For how long after its start a run answers for repeated requests; later the identity counts as used twice.
        var identityWindow: Duration
        /// How long a target may be out of reach before that is the answer.
        var targetPauseLimit: Duration
        /// The delays a request climbs through, in order, one for each failure of its own.
        var ladder: [Duration]
        /// How long after a call Data Factory may need to show the run it started, where runs are found by a marker.
        var settleTime = Duration.seconds(900)
        /// Whether a run can be recognised at all.
        var canLookUp = true
    }

    /// How often a run is looked for in hand after a call without an answer, before the request is put back: Data
    /// Factory shows a new run within 2 s, and a 504 comes when ARM has waited for it for a minute already.
    private static let looksInHand = 3
    /// The pauses of a request whose failure is not its own.
    private static let outageDelay = Duration.seconds(30)

    let rules: Rules
    private(set) var history: RequestHistory
    /// A call of ours, or of an earlier holder, may not be over yet.
    private(set) var mayBeInFlight: Bool
    /// Such a call may have started a run, and no look-up since it was over has said that there is none. Until then
    /// nobody may be told that there is none.
    private(set) var isInDoubt: Bool
    private let attemptsBefore: Int
    private var looksInVain = 0
    private var lastFailure: StartFailure?

    init(_ history: RequestHistory, rules: Rules) {
        self.history = history
        self.rules = rules
        attemptsBefore = history.attempts
        mayBeInFlight = history.mayBeInFlight && rules.check != .never && rules.canLookUp
        isInDoubt = mayBeInFlight || ((history.isInDoubt || history.calledUntil != nil) && rules.canLookUp)
    }

    mutating func begin() -> Action {
        if !rules.canLookUp { return doomed ?? .start }
        if isInDoubt || history.verdict != nil { return .lookUp }
        return switch rules.check {
        case .always: .lookUp
        case .redelivered: history.mayHaveRun ? .lookUp : .start
        case .never: .start
        }
    }

    // MARK: - Look-up

    mutating func found(_ run: ExistingRun) -> Action {
        .end(.adopted(run))
    }

    mutating func foundNothing() -> Action {
        looksInVain += 1
        guard !mayBeInFlight else {
            guard let failure = lastFailure, failure.meaning == .ambiguous else {
                return .end(.postponed(waitingOutWindow))
            }
            if looksInVain < Self.looksInHand { return .lookUpAgain(after: .seconds(1)) }
            return givingUpLooking(after: failure)
        }
        isInDoubt = false
        history.calledUntil = nil
        if let doomed { return doomed }
        // Its failures have used up the ladder, and after the last of them there is no run.
        guard history.steps <= rules.ladder.count else {
            return .end(.failed(StartVerdict(.unavailable, history.lastFailure ?? .noReason)))
        }
        return .start
    }

    /// There were too many runs to look at all of them. That matters where one may be the request's.
    mutating func foundTooMany() -> Action {
        guard isInDoubt || history.generation > 0 || history.verdict != nil else { return .start }
        return .end(.failed(StartVerdict(.outcomeUnknown, .tooManyRuns)))
    }

    /// It is not among the runs that are shown, which do not reach up to the call that may have started it.
    ///
    /// - Parameter isOverdue: Whether that has lasted for as long as it may.
    func foundUnsettled(isOverdue: Bool) -> Action {
        if isOverdue { return .end(.failed(StartVerdict(.outcomeUnknown, .notShown))) }
        return .end(.postponed(Postponement(.settling, delay: Self.outageDelay, history: carried)))
    }

    /// What the broker has given up on is answered so.
    private var doomed: Action? {
        history.verdict.map { .end(.failed(StartVerdict($0, .brokerGaveUp($0)))) }
    }

    mutating func lookUpFailed(_ failure: StartFailure) -> Action {
        lastFailure = lastFailure?.meaning == .ambiguous ? lastFailure : failure
        switch failure.meaning {
        case .notStarted, .ambiguous, .throttled: return .lookUpAgain(after: failure.retryAfter ?? .zero)
        case .target: return .end(.postponed(postponed(.target, failure)))
        case .credential: return .end(.postponed(postponed(.credential, failure)))
        case .refused:
            // The question itself is refused: nothing will ever be known of the run.
            return .end(.failed(StartVerdict(isInDoubt ? .outcomeUnknown : .rejected, failure)))
        }
    }

    // MARK: - createRun

    mutating func started(_ runID: String) -> Action {
        history.attempts += 1
        return .end(.started(runID: runID))
    }

    mutating func startFailed(_ failure: StartFailure, othersSucceed: Bool) -> Action {
        history.attempts += 1
        lastFailure = failure
        // The target is within reach; how long it was not counts anew from its next failure.
        if ![.target, .credential].contains(failure.meaning) { history.pausedSince = nil }
        switch failure.meaning {
        case .notStarted, .throttled: return .startAgain(after: failure.retryAfter ?? .zero)
        case .ambiguous:
            guard rules.canLookUp else { return .end(.failed(StartVerdict(.outcomeUnknown, failure))) }
            mayBeInFlight = true
            isInDoubt = true
            looksInVain = 0
            if othersSucceed { climb(failure) }
            return .lookUpAgain(after: failure.retryAfter ?? .zero)
        case .refused: return .end(.failed(StartVerdict(.rejected, failure)))
        case .target: return .end(.postponed(postponed(.target, failure)))
        case .credential: return .end(.postponed(postponed(.credential, failure)))
        }
    }

    // MARK: - No time

    /// The request has been held as long as it may be, and there is nothing to do before that time ends.
    mutating func outOfTime(othersSucceed: Bool) -> Action {
        let failure = lastFailure ?? .noReason
        if failure.meaning == .throttled { return .end(.postponed(postponed(.throttled, failure))) }
        if mayBeInFlight, failure.meaning == .ambiguous { return givingUpLooking(after: failure) }
        guard othersSucceed else { return .end(.postponed(postponed(.unavailable, failure))) }
        climb(failure)
        guard history.steps <= rules.ladder.count else {
            return .end(.failed(StartVerdict(isInDoubt ? .outcomeUnknown : .unavailable, failure)))
        }
        let delay = max(rules.ladder[history.steps - 1], failure.retryAfter ?? .zero, shortestDelay)
        return .end(.postponed(Postponement(.unavailable, delay: delay, history: carried)))
    }

    /// The write budget gives no turn within the time the request may be held.
    mutating func noTurn(_ turn: WriteBudget.Turn) -> Action {
        if turn == .throttled { return .end(.postponed(postponed(.throttled, lastFailure ?? .noReason))) }
        history.budgetWaits += 1
        return .end(.postponed(postponed(.budget, lastFailure ?? .noReason)))
    }

    /// The worker stops, and there is something to wait for.
    mutating func stop() -> Action {
        if mayBeInFlight { return .end(.postponed(waitingOutWindow)) }
        return .end(.postponed(Postponement(.stopping, delay: .zero, history: carried)))
    }

    // MARK: - Putting back

    /// Another delivery of the request is in work here.
    func inWork() -> Postponement {
        Postponement(.inWork, delay: mayBeInFlight ? rules.window : .seconds(1), history: carried)
    }

    /// Nothing is asked at present, because nothing would be answered.
    ///
    /// - Parameter failure: What others were answered, where that is why.
    func paused(
        _ reason: Postponement.Reason,
        for length: Duration,
        by failure: StartFailure? = nil
    ) -> Postponement {
        var postponement = postponed(reason, failure ?? history.lastFailure ?? .noReason)
        postponement.delay = max(postponement.delay, length)
        return postponement
    }

    /// After a call without an answer whose run did not appear in hand. Where Azure had said that it was started, there
    /// is a run under an id nobody knows, and another call would be another run.
    private func givingUpLooking(after failure: StartFailure) -> Action {
        .end(failure.isAccepted ? .failed(StartVerdict(.outcomeUnknown, failure)) : .postponed(waitingOutWindow))
    }

    /// A call that may be under way is waited out whatever else is the matter.
    private var shortestDelay: Duration { mayBeInFlight ? rules.window : .zero }

    private var waitingOutWindow: Postponement {
        Postponement(.inFlight, delay: rules.window, history: carried)
    }

    /// What the copy's next holder is told. Where Data Factory has answered createRun in this holder's hands, the
    /// request has shown that it does not end its workers.
    private var carried: RequestHistory {
        var history = history
        history.isInDoubt = isInDoubt
        if history.attempts > attemptsBefore { history.deliveries = 0 }
        return history
    }

    /// For a failure that is not the request's own: it costs no step.
    private func postponed(_ reason: Postponement.Reason, _ failure: StartFailure) -> Postponement {
        var history = carried
        history.lastFailure = failure.code == StartFailure.noReason.code ? history.lastFailure : failure
        let delay = max(failure.retryAfter ?? (reason == .budget ? .zero : Self.outageDelay), shortestDelay)
        return Postponement(reason, delay: delay, history: history)
    }

    private mutating func climb(_ failure: StartFailure) {
        history.steps += 1
        history.lastFailure = failure
    }
}

extension StartFailure {
    /// Where nothing was tried that could have failed.
    static let noReason = StartFailure(
        .notStarted,
        code: "NoTurn",
        message: "createRun could not be called in the time the request may be held"
    )

    fileprivate static let tooManyRuns = StartFailure(
        .refused,
        code: "TooManyRuns",
        message: "a run may have been started, and there are too many runs to look for it among them"
    )

    fileprivate static let notShown = StartFailure(
        .refused,
        code: "RunsNotShown",
        message: "a run may have been started, and Data Factory has not shown in time which runs were started then"
    )

    fileprivate static func brokerGaveUp(_ verdict: ErrorClass) -> StartFailure {
        switch verdict {
        case .expired:
            StartFailure(.refused, code: "Expired", message: "the message's expiration passed before a worker took it")
        default:
            StartFailure(
                .refused,
                code: "DeliveryLimit",
                message:
                    "the broker has handed it out so often that it may be what ends the workers; no run was started"
            )
        }
    }
}
