import HTTPTypes
import NIOConcurrencyHelpers

/// Everything a request can reach, and the faults in between.
struct EmulatorServices: Sendable {
    let tokenEndpoint: TokenEndpoint
    let identities: ManagedIdentityEndpoint
    let management: ManagementEndpoint
    let statistics: Statistics
    let requests: RequestLog
    let faults: NIOLockedValueBox<FaultPlan>
    let dial: ClockDial
    private let chance: @Sendable () -> Double

    init(scenario: Scenario, clock base: EmulatorClock, chance: @escaping @Sendable () -> Double) {
        let dial = ClockDial(scenario.clock, base: base)
        let clock = dial.clock
        self.dial = dial
        let tokens = AccessTokens(clock: clock)
        self.tokenEndpoint = TokenEndpoint(scenario: scenario, tokens: tokens, clock: clock)
        self.identities = ManagedIdentityEndpoint(scenario: scenario, tokens: tokens, clock: clock)
        self.management = ManagementEndpoint(scenario: scenario, tokens: tokens, clock: clock)
        self.statistics = Statistics()
        self.requests = RequestLog()
        self.faults = NIOLockedValueBox(FaultPlan(scenario.faults))
        self.chance = chance
    }

    /// Answers a request, unless a fault has it end otherwise.
    /// - Throws: `CancellationError` if the emulator stops during a latency.
    func end(_ exchange: Exchange, _ route: Route) async throws -> Ending {
        guard let name = route.name else { return .answer(administer(exchange, route)) }
        statistics.enter(name)
        defer { statistics.leave(name) }
        let draw = draw(name, exchange, route)
        if draw.delayMilliseconds > 0 { try await Task.sleep(for: .milliseconds(draw.delayMilliseconds)) }
        let ending: Ending
        if let effect = draw.effect {
            ending =
                effect.needsCommit
                ? spoil(effect, draw, exchange, route) : prevent(effect, draw.variant, exchange, route)
        } else {
            ending = .answer(perform(exchange, route))
        }
        statistics.count(name, ending.tally)
        return ending
    }

    private func draw(_ name: RouteName, _ exchange: Exchange, _ route: Route) -> FaultPlan.Draw {
        // Looking at a token takes longer than a lock should be held.
        let looksAtClaims = faults.withLockedValue { $0.challengesClaims }
        let isChallengeable = looksAtClaims && management.isChallengeable(exchange)
        return faults.withLockedValue {
            $0.draw(for: name, pipeline: route.pipeline, isChallengeable: isChallengeable, chance: chance)
        }
    }

    private func perform(_ exchange: Exchange, _ route: Route, commitDelay: Duration? = nil) -> Answer {
        switch route {
        case .entra(let route): performEntra(exchange, route)
        case .identity(let route): identities.issue(exchange, route)
        case .createRun(let address, let pipeline):
            management.createRun(exchange, address, pipeline: pipeline, commitDelay: commitDelay)
        case .getPipeline(let address, let pipeline): management.getPipeline(exchange, address, pipeline: pipeline)
        case .getRun(let address, let runID): management.getRun(exchange, address, runID: runID)
        case .cancelRun(let address, let runID): management.cancelRun(exchange, address, runID: runID)
        case .queryRuns(let address): management.queryRuns(exchange, address)
        case .queryActivityRuns(let address, let runID):
            management.queryActivityRuns(exchange, address, runID: runID)
        case .wrongMethod(let allowed): ManagementError.wrongMethod(allowed: allowed).answer()
        case .unknown, .admin: ManagementError.unknownPath.answer()
        }
    }

    /// A fault that comes instead of the work.
    private func prevent(
        _ effect: Fault.Effect,
        _ variant: Fault.Variant,
        _ exchange: Exchange,
        _ route: Route
    ) -> Ending {
        if case .hang = effect { return .hang }
        if case .resetBeforeCommit = effect { return .reset }
        var answer: Answer
        if case .html(let status) = effect {
            answer = Answer(status: status)
            BodyShape.html.apply(to: &answer)
        } else if case .entra = route {
            answer = tokenEndpoint.refuse(exchange, with: effect)
        } else if case .identity(let route) = route {
            answer = identities.refuse(exchange, route, with: effect)
        } else {
            answer = management.refuse(exchange, with: effect, variant, route.name)
        }
        variant.apply(to: &answer)
        return .answer(answer)
    }

    /// A fault that comes after the work. Where the call was refused there is nothing to spoil: the refusal is the
    /// answer, and the fault waits for another call.
    private func spoil(
        _ effect: Fault.Effect,
        _ draw: FaultPlan.Draw,
        _ exchange: Exchange,
        _ route: Route
    ) -> Ending {
        var commitDelay: Duration?
        if case .commitLate(let milliseconds) = effect { commitDelay = .milliseconds(milliseconds) }
        var answer = perform(exchange, route, commitDelay: commitDelay)
        if answer.isRefusal {
            faults.withLockedValue { $0.putBack(draw) }
            return .answer(answer)
        }
        switch effect {
        case .gatewayTimeoutAfterCommit:
            var late = management.gatewayTimeout(exchange)
            draw.variant.apply(to: &late)
            return .answer(late)
        case .statusAfterCommit(let status, let code):
            return prevent(.status(status, code: code), draw.variant, exchange, route)
        case .truncatedBodyAfterCommit: return .truncated(answer)
        case .resetAfterHeaders:
            answer.endsWithHeaders = true
            return .truncated(answer)
        case .garbledBodyAfterCommit:
            draw.variant.apply(to: &answer)
            return .answer(answer)
        case .accepted:
            answer.status = 202
            return .answer(answer)
        default: return .reset
        }
    }
}

extension Fault.Variant {
    fileprivate func apply(to answer: inout Answer) {
        retryAfter?.write(to: &answer.headers)
        body?.apply(to: &answer)
    }
}
