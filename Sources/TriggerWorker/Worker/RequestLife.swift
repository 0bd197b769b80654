internal import FoundationEssentials
internal import Logging

/// What happens to one request, from its delivery to its acknowledgement.
///
///     Delivery ─decode→ TriggerRequest ─look up, authorize, start→ StartedRun ─reply→ ConfirmedReply ─settle→ ack
///                                                 └─not now→ Postponement ─copy→ ConfirmedCopy ─settle→ ack
///
/// Each step takes what only the step before can make, so the order is the compiler's business: nothing is acknowledged
/// before its reply, or the copy that comes back later, is confirmed; nothing is started before it is allowed. Before
/// everything that only its holder may do the request must still be ours.
final class RequestLife: Sendable {
    let policy: Policy
    let bodyLimit: Int
    let around: RunStart.Surroundings
    let memory: RequestMemory
    let replies: any ReplySender
    private let targets = KnownTargets()

    init(
        policy: Policy,
        bodyLimit: Int,
        around: RunStart.Surroundings,
        memory: RequestMemory,
        replies: any ReplySender
    ) {
        self.policy = policy
        self.bodyLimit = bodyLimit
        self.around = around
        self.memory = memory
        self.replies = replies
    }

    /// Works on one request to its end.
    ///
    /// - Returns: what became of it.
    /// - Throws: ``RequestLeft`` where the broker took it back; whoever gets it next finds the run that was started.
    func run(_ delivery: any RequestDelivery) async throws(RequestLeft) -> FinishedRequest {
        CrashPoint.reach(.received)
        let identity = delivery.message.identity
        switch try await ending(of: delivery, identity) {
        case .answered(let answer):
            try await delivery.checkHeld()
            if case .failure(let failed) = answer { try await park(delivery, failed, identity) }
            var confirmed = try await reply(answer, to: delivery.message, identity)
            if case .failure(let failed) = answer, let run = await lateRun(failed, of: delivery.message) {
                confirmed = try await reply(.success(run), to: delivery.message, identity)
            }
            try await settle(delivery, confirmed)
            return confirmed.finished
        case .postponed(let postponement, let target):
            let confirmed = try await postpone(delivery, postponement, identity, target)
            try await settle(delivery, confirmed)
            return confirmed.finished
        }
    }

    private enum Ending {
        case answered(Result<StartedRun, FailedRequest>)
        indirect case postponed(Postponement, Target?)
    }

    private func ending(
        of delivery: any RequestDelivery,
        _ identity: RequestIdentity
    ) async throws(RequestLeft) -> Ending {
        let message = delivery.message
        let request: TriggerRequest
        let target: Target
        do throws(RequestError) {
            request = try TriggerRequest(message, identity: identity, bodyLimit: bodyLimit)
            CrashPoint.reach(.decoded)
            target = try targets.target(of: request.target, policy.resolve)
            try RunCandidates.check(message.history.generation)
        } catch {
            return .answered(.failure(FailedRequest(error: error, target: nil, asked: nil)))
        }
        let candidates = RunCandidates(
            identity,
            target: target,
            generation: message.history.generation,
            formerTargets: policy.formerTargets(of: request.target)
        )
        switch try await start(request, candidates, delivery) {
        case .run(let run, let how):
            let identity = recognised(identity, at: target)
            return .answered(.success(StartedRun(identity: identity, target: target, runID: run.runID, how: how)))
        case .failed(let error):
            return .answered(.failure(FailedRequest(error: error, target: target, asked: (request, candidates))))
        case .postponed(let postponement): return .postponed(postponement, target)
        }
    }

    /// A requester is told where his request may run more than once.
    private func recognised(_ identity: RequestIdentity, at target: Target?) -> RequestIdentity {
        guard let target, policy.identityRule(for: target) == .none else { return identity }
        return identity.unrecognised()
    }

    // MARK: - Start

    /// Of two deliveries with one identity, which publishers do send, only one is worked on at a time.
    private func start(
        _ request: TriggerRequest,
        _ candidates: RunCandidates,
        _ delivery: any RequestDelivery
    ) async throws(RequestLeft) -> RunStart.Ending {
        let rule = policy.identityRule(for: candidates.target)
        var start = RunStart(request, candidates, delivery.message.history, rule: rule, around)
        guard request.identity.isIdentified, rule != .none else {
            return try await decide(&start, request, candidates, delivery)
        }
        switch memory.claim(candidates.runID) {
        case .answered(let answered):
            if let refusal = stranger(at: candidates.target, delivery.message) { return .failed(refusal) }
            let run = answered.run
            if let conflict = start.conflict(with: run) { return .failed(conflict) }
            return .run(run, .adopted(attempts: delivery.message.history.attempts))
        case .inWork:
            return start.inWork
        case .new:
            var answered: RequestMemory.Answered?
            defer { memory.release(candidates.runID, answered) }
            let ending = try await decide(&start, request, candidates, delivery)
            switch ending {
            case .run(let run, .started): answered = .init(run, startedWith: request.parameters)
            case .run(let run, .adopted): answered = .init(found: run)
            case .failed, .postponed: break
            }
            return ending
        }
    }

    /// Why the run of a request that others have sent as well is not told to this one's publisher. One that somebody has
    /// held is not judged: its run answers for it.
    private func stranger(at target: Target, _ message: RequestMessage) -> RequestError? {
        guard !message.history.mayHaveRun else { return nil }
        do throws(RequestError) {
            try policy.publishers.check(message.publisher, for: target)
            return nil
        } catch {
            return error
        }
    }

    private func decide(
        _ start: inout RunStart,
        _ request: TriggerRequest,
        _ candidates: RunCandidates,
        _ delivery: any RequestDelivery
    ) async throws(RequestLeft) -> RunStart.Ending {
        try await start.decide(
            authorize: {
                AuthorizedRequest.judge(request, candidates, delivery.message, policy, around.starter)
            },
            checkHeld: { () async throws(RequestLeft) in try await delivery.checkHeld() }
        )
    }
}

extension RequestLife {
    // MARK: - Answer

    private func park(
        _ delivery: any RequestDelivery,
        _ failed: FailedRequest,
        _ identity: RequestIdentity
    ) async throws(RequestLeft) {
        CrashPoint.reach(.parking)
        try await delivery.park(
            Diagnosis(
                error: failed.error,
                failedAt: Date(),
                requestID: identity.text,
                target: failed.target?.resourceID.truncated(toByteCount: 1024),
                traceparent: delivery.message.traceparent
            )
        )
        CrashPoint.reach(.parked)
    }

    private func reply(
        _ answer: Result<StartedRun, FailedRequest>,
        to message: RequestMessage,
        _ identity: RequestIdentity
    ) async throws(RequestLeft) -> ConfirmedReply {
        CrashPoint.reach(.replying)
        let reply: Reply
        switch answer {
        case .success(let run): reply = .started(run, to: message)
        case .failure(let failed):
            let identity = recognised(identity, at: failed.target)
            reply = .failed(failed.error, target: failed.target, identity: identity, to: message)
        }
        let address = policy.replyAddress(for: message).address
        let receipt = try await replies.send(reply, to: address)
        CrashPoint.reach(.replied)
        return ConfirmedReply(reply, receipt, answer)
    }

    /// Another copy of the request may have been started while this one failed. Looked for once more when the requester
    /// has been told of the failure and before the request is let go of, so that the last word is right.
    private func lateRun(_ failed: FailedRequest, of message: RequestMessage) async -> StartedRun? {
        guard let (request, candidates) = failed.asked, request.identity.isIdentified else { return nil }
        switch failed.error.errorClass {
        case .rejected, .unavailable, .outcomeUnknown, .expired, .poisoned: break
        default: return nil
        }
        let rule = policy.identityRule(for: candidates.target)
        guard rule != .none else { return nil }
        let search = RunSearch(starter: around.starter, rule: rule)
        for candidate in candidates.all {
            // Where it can't be asked, what was said stands.
            guard case .found(let run)? = try? await search(for: candidate.runID, of: candidate.target) else {
                continue
            }
            let start = RunStart(request, candidates, message.history, rule: rule, around)
            guard start.conflict(with: run) == nil else { return nil }
            return StartedRun(
                identity: request.identity,
                target: candidates.target,
                runID: run.runID,
                how: .adopted(attempts: failed.error.attempts)
            )
        }
        return nil
    }

    private func postpone(
        _ delivery: any RequestDelivery,
        _ postponement: Postponement,
        _ identity: RequestIdentity,
        _ target: Target?
    ) async throws(RequestLeft) -> ConfirmedCopy {
        try await delivery.checkHeld()
        CrashPoint.reach(.postponing)
        try await delivery.postpone(postponement, as: identity)
        CrashPoint.reach(.postponed)
        return ConfirmedCopy(postponement, identity, target)
    }

    private func settle(_ delivery: any RequestDelivery, _ proof: some Settlement) async throws(RequestLeft) {
        CrashPoint.reach(.acknowledging)
        try await delivery.acknowledge()
        CrashPoint.reach(.acknowledged)
    }
}

// MARK: - What passes between the steps

/// A request that may be started: its target is known, allowed, and named by Azure's rules.
struct AuthorizedRequest {
    let target: Target
    /// What createRun is given: the request's own, and the marker where its factory needs one.
    let parameters: [UInt8]

    fileprivate init(target: Target, parameters: [UInt8]) {
        self.target = target
        self.parameters = parameters
    }

    static func judge(
        _ request: TriggerRequest,
        _ candidates: RunCandidates,
        _ message: RequestMessage,
        _ policy: Policy,
        _ starter: any RunStarter
    ) -> Result<AuthorizedRequest, RequestError> {
        do throws(RequestError) {
            let target = candidates.target
            try starter.check(target)
            try policy.authorize(request, for: target, of: message)
            var parameters = request.parameters
            if case .marker(let name) = policy.identityRule(for: target) {
                parameters = try Marker.add(name, candidates.runID, to: parameters)
            }
            return .success(AuthorizedRequest(target: target, parameters: parameters))
        } catch {
            return .failure(error)
        }
    }
}

/// A run that answers for a request.
struct StartedRun {
    let identity: RequestIdentity
    let target: Target
    let runID: String
    let how: RunStart.Provenance

    fileprivate init(identity: RequestIdentity, target: Target, runID: String, how: RunStart.Provenance) {
        self.identity = identity
        self.target = target
        self.runID = runID
        self.how = how
    }
}

/// A request that ends without a run, with as much of its target as was known. Of reference type, for it is large and every
/// request keeps room for it.
final class FailedRequest: Error {
    let error: RequestError
    let target: Target?
    /// What was asked of Data Factory, or would have been.
    let asked: (request: TriggerRequest, candidates: RunCandidates)?

    fileprivate init(error: RequestError, target: Target?, asked: (TriggerRequest, RunCandidates)?) {
        self.error = error
        self.target = target
        self.asked = asked
    }
}

/// What allows the acknowledgement.
private protocol Settlement {}

/// Proof that the broker has the answer.
struct ConfirmedReply: Settlement {
    let finished: FinishedRequest

    fileprivate init(_ reply: Reply, _ receipt: ReplyReceipt, _ answer: Result<StartedRun, FailedRequest>) {
        finished = FinishedRequest(reply, receipt, answer)
    }
}

/// Proof that the broker has the copy that comes back later.
struct ConfirmedCopy: Settlement {
    let finished: FinishedRequest

    fileprivate init(_ postponement: Postponement, _ identity: RequestIdentity, _ target: Target?) {
        finished = FinishedRequest(postponement, identity, target)
    }
}
