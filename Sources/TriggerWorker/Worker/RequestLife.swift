internal import FoundationEssentials
internal import Logging

/// What happens to one request, from its delivery to its acknowledgement.
///
///     Delivery ─decode→ TriggerRequest ─authorize→ AuthorizedRequest ─start→ StartedRun ─reply→ ConfirmedReply ─settle→ ack
///
/// Each step takes what only the step before can make, so the order is the compiler's business: nothing is
/// acknowledged before its reply is confirmed, nothing is started before it is allowed.
struct RequestLife: Sendable {
    let policy: Policy
    let settings: WorkerSettings
    let budget: WriteBudget
    let starter: any RunStarter
    let replies: any ReplySender
    let logger: Logger

    /// Works on one request to its end.
    ///
    /// - Returns: what became of it.
    /// - Throws: ``RequestLeft`` where the broker took it back; whoever gets it next asks for the same run.
    func run(_ delivery: some RequestDelivery) async throws(RequestLeft) -> FinishedRequest {
        let message = delivery.message
        let identity = message.identity
        let answer = await answer(to: message, identity)
        // Cut short at the end of the time for stopping: what is known now is a guess, and is not told to anybody.
        if case .failure = answer, Task.isCancelled { throw RequestLeft("the worker ended") }
        if case .failure(let failed) = answer {
            try await park(delivery, failed, identity)
        }
        let confirmed = try await reply(answer, to: message, identity)
        try await settle(delivery, confirmed)
        return confirmed.finished
    }

    private func answer(
        to message: RequestMessage,
        _ identity: RequestIdentity
    ) async -> Result<StartedRun, FailedRequest> {
        var target: Target?
        do {
            let request = try TriggerRequest(message, identity: identity, bodyLimit: settings.bodyLimit)
            let resolved = try policy.resolve(request.target)
            target = resolved
            let authorized = try AuthorizedRequest(request, for: resolved, of: message, by: policy, starter)
            return .success(try await start(authorized))
        } catch {
            return .failure(FailedRequest(error: error, target: target))
        }
    }

    // MARK: - Start

    /// Asks until there is a run, a refusal, or no time left. Every attempt asks for the same run id.
    private func start(_ authorized: AuthorizedRequest) async throws(RequestError) -> StartedRun {
        let request = authorized.request
        let runID = RunIdentity.runID(for: request.identity, target: authorized.target)
        let deadline = StartDeadline(holdTime: settings.holdTime, requested: request.deadline)
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
        var attempts = 0
        var lastFailure: StartFailure?
        var mayHaveStarted = false
        var turn = await nextTurn(for: authorized.target, until: deadline.instant)
        while turn == .granted {
            attempts += 1
            do {
                let started = try await starter.startRun(
                    of: authorized.target,
                    parameters: request.parameters,
                    options: request.options,
                    runID: runID
                )
                reportUnlessSame(started, as: runID)
                return StartedRun(request: request, target: authorized.target, runID: started, attempts: attempts)
            } catch {
                lastFailure = error
                report(error, attempt: attempts, request.identity)
                guard error.meaning != .refused else { break }
                if error.meaning == .ambiguous { mayHaveStarted = true }
                if let pause = error.retryAfter { budget.pause(authorized.target.subscriptionID, for: pause) }
                // At least our own step: a Retry-After of 0 would make this a loop without a pause.
                guard await rest(max(error.retryAfter ?? .zero, backoff.next()), until: deadline.instant) else { break }
                turn = await nextTurn(for: authorized.target, until: deadline.instant)
            }
        }
        if let expired = deadline.requested, !mayHaveStarted, lastFailure?.meaning != .refused {
            throw RequestError(deadlinePassed: expired, attempts: attempts)
        }
        throw RequestError(
            lastFailure ?? StartFailure(noTurn: turn, within: settings.holdTime),
            attempts: attempts,
            runIDInDoubt: mayHaveStarted ? runID : nil
        )
    }

    private func nextTurn(for target: Target, until deadline: ContinuousClock.Instant) async -> WriteBudget.Turn {
        // Cancelled means that the request is somebody else's by now, or soon: it is not for us to start it.
        let turn = try? await budget.take(for: target.subscriptionID, until: deadline)
        return Task.isCancelled ? .tooLate : turn ?? .tooLate
    }

    private func report(_ failure: StartFailure, attempt: Int, _ identity: RequestIdentity) {
        logger.debug(
            "createRun failed",
            metadata: [
                LogKey.requestID: "\(identity.text)", LogKey.attempts: "\(attempt)",
                LogKey.errorCode: "\(failure.code)",
                LogKey.reason: "\(failure.message)",
            ]
        )
    }

    /// Everything that keeps a request from running twice rests on Data Factory using the id it is sent.
    private func reportUnlessSame(_ started: String, as runID: String) {
        guard started.lowercased() != runID else { return }
        logger.error(
            "Data Factory did not use the run id it was asked for; repeated requests will run again",
            metadata: [LogKey.runID: "\(started)", LogKey.requestedRunID: "\(runID)"]
        )
    }

    /// False where the wait would end behind the deadline, or was cut short.
    private func rest(_ duration: Duration, until deadline: ContinuousClock.Instant) async -> Bool {
        guard .now + duration < deadline else { return false }
        do {
            try await Task.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }

    // MARK: - Answer

    private func park(
        _ delivery: some RequestDelivery,
        _ failed: FailedRequest,
        _ identity: RequestIdentity
    ) async throws(RequestLeft) {
        try await delivery.park(
            Diagnosis(
                error: failed.error,
                failedAt: Date(),
                requestID: identity.text,
                target: failed.target?.resourceID.truncated(toByteCount: 1024),
                traceparent: delivery.message.traceparent
            )
        )
    }

    private func reply(
        _ answer: Result<StartedRun, FailedRequest>,
        to message: RequestMessage,
        _ identity: RequestIdentity
    ) async throws(RequestLeft) -> ConfirmedReply {
        let reply: Reply
        switch answer {
        case .success(let run): reply = .started(run, to: message)
        case .failure(let failed):
            reply = .failed(failed.error, target: failed.target, identity: identity, to: message)
        }
        let address = policy.replyAddress(for: message).address
        return ConfirmedReply(reply, try await replies.send(reply, to: address), answer)
    }

    private func settle(
        _ delivery: some RequestDelivery,
        _ confirmed: ConfirmedReply
    ) async throws(RequestLeft) {
        try await delivery.acknowledge()
    }
}

// MARK: - What passes between the steps

/// A request that may be started: its target is known, allowed, and named by Azure's rules.
struct AuthorizedRequest {
    let request: TriggerRequest
    let target: Target

    fileprivate init(
        _ request: TriggerRequest,
        for target: Target,
        of message: RequestMessage,
        by policy: Policy,
        _ starter: any RunStarter
    ) throws(RequestError) {
        try starter.check(target)
        guard policy.allows(target) else {
            throw RequestError(
                .forbidden,
                code: "TargetNotAllowed",
                "this worker may not start \(target.resourceID); the operator can allow it by policy.allow"
            )
        }
        guard policy.replyAddress(for: message).isAsRequested else {
            throw RequestError(
                .forbidden,
                code: "ReplyQueueNotAllowed",
                "replies may not go to \"\(message.replyTo ?? "")\"; name a queue of your own in reply-to"
            )
        }
        if let deadline = request.deadline, deadline < Date() {
            throw RequestError(deadlinePassed: deadline, attempts: 0)
        }
        self.request = request
        self.target = target
    }
}

/// A run that answers for a request.
struct StartedRun {
    let request: TriggerRequest
    let target: Target
    let runID: String
    let attempts: Int

    fileprivate init(request: TriggerRequest, target: Target, runID: String, attempts: Int) {
        self.request = request
        self.target = target
        self.runID = runID
        self.attempts = attempts
    }
}

/// A request that ends without a run, with as much of its target as was known.
struct FailedRequest: Error {
    let error: RequestError
    let target: Target?
}

/// Proof that the broker has the answer; only that allows the acknowledgement.
struct ConfirmedReply {
    let finished: FinishedRequest

    fileprivate init(_ reply: Reply, _ receipt: ReplyReceipt, _ answer: Result<StartedRun, FailedRequest>) {
        finished = FinishedRequest(reply, receipt, answer)
    }
}

/// Until when Azure may be asked: to the end of the hold time, or the request's own deadline where that is earlier.
private struct StartDeadline {
    let instant: ContinuousClock.Instant
    /// The request's deadline, where it is the one that counts.
    let requested: Date?

    init(holdTime: Duration, requested: Date?) {
        let now = ContinuousClock.now
        let left = requested.map { Duration.seconds($0.timeIntervalSinceNow) }
        instant = now + min(holdTime, left ?? holdTime)
        self.requested = left.map { $0 < holdTime } == true ? requested : nil
    }
}

extension RequestError {
    fileprivate init(deadlinePassed deadline: Date, attempts: Int) {
        self.init(
            .expired,
            code: "DeadlinePassed",
            "the run could not be started before the deadline \(deadline.ISO8601Format())"
        )
        self.attempts = attempts
    }

    /// Says how the attempts ended.
    fileprivate init(_ failure: StartFailure, attempts: Int, runIDInDoubt: String?) {
        let errorClass: ErrorClass
        switch (failure.meaning, runIDInDoubt) {
        // An earlier attempt may have started the run, whatever the last one was told.
        case (_, _?): errorClass = .outcomeUnknown
        case (.refused, nil): errorClass = .rejected
        case (_, nil): errorClass = .unavailable
        }
        self.init(
            errorClass,
            code: failure.code,
            failure.message,
            httpStatus: failure.httpStatus,
            azureRequestID: failure.azureRequestID
        )
        self.attempts = attempts
        runID = runIDInDoubt
    }
}

extension StartFailure {
    /// For a request that was never asked for.
    fileprivate init(noTurn turn: WriteBudget.Turn, within holdTime: Duration) {
        switch turn {
        case .throttled:
            self.init(
                .notStarted,
                code: "Throttled",
                message:
                    "Azure asked not to be called for longer than the \(holdTime) a request is held; send it again later"
            )
        case .tooLate, .granted:
            self.init(
                .notStarted,
                code: "WriteBudgetExhausted",
                message:
                    "the worker's own limit of createRun calls left no turn within \(holdTime); send it again later"
            )
        }
    }
}
