internal import FoundationEssentials
internal import Logging

/// The way of one request to a run: does what ``StartStateMachine`` decides.
struct RunStart {
    /// What every request needs of the worker.
    final class Surroundings: Sendable {
        let starter: any RunStarter
        let budget: WriteBudget
        let health: ServiceHealth
        let stop: StopRequest
        let rules: StartStateMachine.Rules
        let holdTime: Duration
        let longestHold: Duration
        let logger: Logger

        init(
            starter: any RunStarter,
            budget: WriteBudget,
            health: ServiceHealth,
            stop: StopRequest,
            rules: StartStateMachine.Rules,
            holdTime: Duration,
            longestHold: Duration,
            logger: Logger
        ) {
            self.starter = starter
            self.budget = budget
            self.health = health
            self.stop = stop
            self.rules = rules
            self.holdTime = holdTime
            self.longestHold = longestHold
            self.logger = logger
        }
    }

    /// How it ended. What is rare and large is by reference: every request keeps room for all of it while it waits.
    enum Ending {
        /// There is a run.
        case run(ExistingRun, Provenance)
        /// There is none, and there will be none.
        case failed(RequestError)
        /// It is to be tried again later.
        indirect case postponed(Postponement)
    }

    /// Where the run that answers for a request comes from.
    enum Provenance: Sendable, Hashable {
        /// It was started just now, by the last of so many createRun calls.
        case started(attempts: Int)
        /// It was there, after so many createRun calls.
        case adopted(attempts: Int)
    }

    /// How often a request is put back for want of a turn; then it waits for one in hand, or it would starve.
    private static let budgetWaitLimit = 5

    private let request: TriggerRequest
    private let candidates: RunCandidates
    private let around: Surroundings
    private let rule: IdentityRule
    private let began = ContinuousClock.now
    private let end: ContinuousClock.Instant
    private var machine: StartStateMachine
    private var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
    private var authorized: AuthorizedRequest?

    init(
        _ request: TriggerRequest,
        _ candidates: RunCandidates,
        _ history: RequestHistory,
        rule: IdentityRule,
        _ around: Surroundings
    ) {
        self.rule = rule
        var rules = around.rules
        rules.canLookUp = rule != .none
        self.request = request
        self.candidates = candidates
        self.around = around
        machine = StartStateMachine(history, rules: rules)
        let hold = history.budgetWaits >= Self.budgetWaitLimit ? around.longestHold : around.holdTime
        let left = request.deadline.map { Duration.seconds($0.timeIntervalSinceNow) }
        end = began + min(hold, left ?? hold)
    }

    /// Asks until it is decided. Every attempt asks for the same run id.
    ///
    /// - Parameters:
    ///   - authorize: Judges the request. A fresh one is judged before anything is asked; one that may have a run is
    ///     looked up first, so that its run answers for it whatever would be said of it now.
    ///   - checkHeld: Makes sure that the request is still ours, just before createRun.
    mutating func decide(
        authorize: () -> Result<AuthorizedRequest, RequestError>,
        checkHeld: () async throws(RequestLeft) -> Void
    ) async throws(RequestLeft) -> Ending {
        if let pause = intakePause { return .postponed(dated(pause)) }
        if let pause = targetPause {
            // It may last long, and what is to be refused anyway need not wait for it.
            if !machine.isInDoubt, let verdict = judge(authorize) { return .failed(verdict) }
            return pause
        }
        var action = around.stop.isSet ? machine.stop() : machine.begin()
        while true {
            // What is not known by now would be a guess, and is not told to anybody.
            if Task.isCancelled, !action.isRun { throw RequestLeft("the worker ended") }
            switch action {
            case .end(let ending): return result(of: ending)
            case .lookUpAgain(let pause): action = await rest(pause) ? .lookUp : interrupted()
            case .startAgain(let pause): action = await rest(pause) ? .start : interrupted()
            case .lookUp:
                let isFresh = !machine.history.mayHaveRun && machine.history.attempts == 0
                if isFresh, let verdict = judge(authorize) { return .failed(verdict) }
                action = await lookUp()
                // No run was found, nor can be asked for: what the policy says of the request is the better answer.
                if action.isWithoutRun, !machine.isInDoubt, let verdict = judge(authorize) {
                    return .failed(verdict)
                }
            case .start:
                if let verdict = judge(authorize) { return .failed(verdict) }
                guard let authorized else { return .failed(RequestError(.invalid, code: "NotJudged", "not judged")) }
                switch await turn() {
                case .granted:
                    if let expired { return .failed(expired) }
                    try await checkHeld()
                    action = await start(authorized)
                case nil: action = interrupted()
                case let turn?: action = machine.noTurn(turn)
                }
            }
        }
    }

    // MARK: - Asking

    private mutating func lookUp() async -> StartStateMachine.Action {
        CrashPoint.reach(.lookingUp)
        do throws(StartFailure) {
            let search = RunSearch(starter: around.starter, rule: rule)
            // While a call may be under way, no answer but a run counts.
            let calledUntil = machine.mayBeInFlight ? nil : machine.history.calledUntil
            var searches: Set<MarkerSearch> = []
            for candidate in candidates.all {
                let result = try await search(for: candidate.runID, of: candidate.target, calledUntil: calledUntil)
                switch result {
                case .found(let run):
                    CrashPoint.reach(.lookedUp)
                    around.health.answered()
                    return machine.found(run)
                case .absent, .incomplete, .unsettled: searches.insert(result)
                }
            }
            CrashPoint.reach(.lookedUp)
            around.health.answered()
            if searches.contains(.incomplete) { return machine.foundTooMany() }
            if let calledUntil, searches.contains(.unsettled) {
                let limit = calledUntil.addingTimeInterval(around.rules.settleTime / .seconds(1))
                return machine.foundUnsettled(isOverdue: Date() > limit)
            }
            return machine.foundNothing()
        } catch {
            note(error, of: "look-up")
            return machine.lookUpFailed(error)
        }
    }

    private mutating func start(_ authorized: AuthorizedRequest) async -> StartStateMachine.Action {
        CrashPoint.reach(.starting)
        do throws(StartFailure) {
            let runID = try await around.starter.startRun(
                of: authorized.target,
                parameters: authorized.parameters,
                options: request.options,
                runID: candidates.runID
            )
            CrashPoint.reach(.startAnswered)
            around.health.succeeded(candidates.target)
            reportUnlessSame(runID)
            return machine.started(runID)
        } catch {
            CrashPoint.reach(.startAnswered)
            note(error, of: "createRun")
            return machine.startFailed(error, othersSucceed: othersSucceed)
        }
    }

    /// Everything that keeps a request from running twice rests on Data Factory using the id it is sent.
    private func reportUnlessSame(_ started: String) {
        guard rule == .clientRequestID, started.lowercased() != candidates.runID else { return }
        around.health.distrust(candidates.target)
        around.logger.error(
            "Data Factory did not use the run id it was asked for, so a repeated request would run again; the factory is left alone until its runIdentity is set to marker or none",
            metadata: [
                LogKey.runID: "\(started)", LogKey.requestedRunID: "\(candidates.runID)",
                LogKey.target: "\(candidates.target.factoryID)",
            ]
        )
    }

    private func note(_ failure: StartFailure, of call: String) {
        around.health.failed(failure, of: candidates.target)
        if let pause = failure.retryAfter { around.budget.pause(candidates.target.subscriptionID, for: pause) }
        around.logger.debug(
            "a call to Data Factory failed",
            metadata: [
                LogKey.requestID: "\(request.identity.text)", LogKey.call: "\(call)",
                LogKey.attempts: "\(machine.history.attempts + 1)", LogKey.errorCode: "\(failure.code)",
                LogKey.reason: "\(failure.message)",
            ]
        )
    }

    private var othersSucceed: Bool {
        around.health.hasSucceeded(candidates.target, since: began)
    }

    // MARK: - Judging

    /// Why the request may not be started; nil where it may.
    private mutating func judge(_ authorize: () -> Result<AuthorizedRequest, RequestError>) -> RequestError? {
        guard authorized == nil else { return nil }
        switch authorize() {
        case .success(let request):
            authorized = request
            CrashPoint.reach(.authorized)
            return nil
        case .failure(let error): return error
        }
    }

    private func result(of ending: StartStateMachine.Ending) -> Ending {
        switch ending {
        case .started(let runID):
            return .run(ExistingRun(runID: runID, startedAt: Date()), .started(attempts: machine.history.attempts))
        case .adopted(let run):
            if let conflict = conflict(with: run) { return .failed(conflict) }
            return .run(run, .adopted(attempts: machine.history.attempts))
        case .postponed(let postponement):
            if postponement.reason != .inFlight, let expired { return .failed(expired) }
            return heeding(dated(postponement))
        case .failed(let verdict):
            let isOpen = verdict.errorClass == .outcomeUnknown && rule != .none
            return .failed(
                RequestError(verdict, attempts: machine.history.attempts, runID: isOpen ? candidates.runID : nil)
            )
        }
    }

    /// That the request's own deadline has passed, if it has.
    private var expired: RequestError? {
        guard let deadline = request.deadline, deadline <= Date(), !machine.isInDoubt else { return nil }
        return RequestError(deadlinePassed: deadline, attempts: machine.history.attempts)
    }

    /// Notes until when a call may have started the run. What is put back meanwhile stays away for as long.
    private func dated(_ postponement: Postponement) -> Postponement {
        guard machine.mayBeInFlight, case .marker = rule else { return postponement }
        var postponement = postponement
        let end = Date().timeIntervalSince1970 + around.rules.window / .seconds(1)
        // In whole seconds, as it travels.
        postponement.history.calledUntil = Date(timeIntervalSince1970: end.rounded(.up))
        return postponement
    }

    /// A target may be out of reach for so long, and then that is the answer.
    private func heeding(_ postponement: Postponement) -> Ending {
        guard postponement.reason == .target else { return .postponed(postponement) }
        var postponement = postponement
        let since = postponement.history.pausedSince ?? Date()
        guard Date().timeIntervalSince(since) < around.rules.targetPauseLimit / .seconds(1) else {
            let failure = postponement.history.lastFailure ?? .noReason
            return result(of: .failed(StartVerdict(machine.isInDoubt ? .outcomeUnknown : .rejected, failure)))
        }
        postponement.history.pausedSince = since
        return .postponed(postponement)
    }

    /// Why a run that exists can't answer for this request, if so.
    func conflict(with run: ExistingRun) -> RequestError? {
        guard request.options.isRecovery != true else { return nil }
        let code: String
        let message: String
        if let parameter = Contradiction.parameter(of: request.parameters, against: run) {
            code = "ParametersDiffer"
            message =
                "this identity has started run \(run.runID) with another value of parameter \"\(parameter)\"; "
                + "a new request needs an identity of its own"
        } else if !machine.history.mayHaveRun, let startedAt = run.startedAt,
            Date().timeIntervalSince(startedAt) > around.rules.identityWindow / .seconds(1)
        {
            code = "IdentityReused"
            message =
                "this identity has started run \(run.runID) at \(startedAt.ISO8601Format()) already; "
                + "a new request needs an identity of its own"
        } else {
            return nil
        }
        return RequestError(
            .conflict,
            code: code,
            message,
            runID: run.runID,
            attempts: machine.history.attempts
        )
    }

    // MARK: - Waiting

    /// For a second delivery of a request that is in work here.
    var inWork: Ending { .postponed(dated(machine.inWork())) }

    /// Nothing is asked while nothing would be answered.
    private var intakePause: Postponement? {
        around.health.pause.map { pause in
            machine.paused(pause.reason == .credential ? .credential : .unavailable, for: .zero)
        }
    }

    private var targetPause: Ending? {
        // However long: only a change of a setting ends it, and that is no reason to refuse a request.
        if around.health.isDistrusted(candidates.target) {
            return .postponed(dated(machine.paused(.target, for: .seconds(120))))
        }
        return around.health.pause(of: candidates.target).map { pause in
            heeding(dated(machine.paused(.target, for: pause.left, by: pause.failure)))
        }
    }

    private mutating func interrupted() -> StartStateMachine.Action {
        around.stop.isSet ? machine.stop() : machine.outOfTime(othersSucceed: othersSucceed)
    }

    /// False where the wait would end behind the hold time, or was cut short.
    private mutating func rest(_ pause: Duration) async -> Bool {
        // At least our own step: a Retry-After of 0 would make this a loop without a pause.
        let until = ContinuousClock.now + max(pause, backoff.next())
        guard until < end else { return false }
        return await around.stop.untilSet { try await ContinuousClock().sleep(until: until) } != nil
    }

    /// Nil where the wait was cut short.
    private func turn() async -> WriteBudget.Turn? {
        if around.stop.isSet || Task.isCancelled { return nil }
        let subscriptionID = candidates.target.subscriptionID
        if around.budget.takeAtOnce(for: subscriptionID) { return .granted }
        return await around.stop.untilSet { [budget = around.budget, end] in
            try await budget.take(for: subscriptionID, until: end)
        }
    }
}

extension RequestError {
    convenience init(deadlinePassed deadline: Date, attempts: Int) {
        self.init(
            .expired,
            code: "DeadlinePassed",
            "the run could not be started before the deadline \(deadline.ISO8601Format())",
            attempts: attempts
        )
    }

    fileprivate convenience init(_ verdict: StartVerdict, attempts: Int, runID: String?) {
        self.init(
            verdict.errorClass,
            code: verdict.failure.code,
            verdict.failure.message,
            httpStatus: verdict.failure.httpStatus,
            azureRequestID: verdict.failure.azureRequestID,
            runID: runID,
            attempts: attempts
        )
    }
}
