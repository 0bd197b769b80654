import HTTPTypes
import NIOConcurrencyHelpers

/// Everything a request can reach, and the faults in between.
struct EmulatorServices: Sendable {
    let tokenEndpoint: TokenEndpoint
    let management: ManagementEndpoint
    let statistics: Statistics
    let requests: RequestLog
    let faults: NIOLockedValueBox<FaultPlan>
    private let chance: @Sendable () -> Double

    init(scenario: Scenario, clock: EmulatorClock, chance: @escaping @Sendable () -> Double) {
        let tokens = AccessTokens(clock: clock)
        self.tokenEndpoint = TokenEndpoint(scenario: scenario, tokens: tokens, clock: clock)
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
        let draw = faults.withLockedValue { $0.draw(for: name, chance: chance) }
        if draw.delayMilliseconds > 0 { try await Task.sleep(for: .milliseconds(draw.delayMilliseconds)) }
        let ending: Ending
        if let effect = draw.effect {
            ending = effect.needsCommit ? spoil(effect, draw, exchange, route) : prevent(effect, exchange, route)
        } else {
            ending = .answer(perform(exchange, route))
        }
        statistics.count(name, ending.tally)
        return ending
    }

    private func perform(_ exchange: Exchange, _ route: Route, commitDelay: Duration? = nil) -> Answer {
        switch route {
        case .token(let tenant): tokenEndpoint.issue(exchange, tenant: tenant)
        case .createRun(let address, let pipeline):
            management.createRun(exchange, address, pipeline: pipeline, commitDelay: commitDelay)
        case .getPipeline(let address, let pipeline): management.getPipeline(exchange, address, pipeline: pipeline)
        case .getRun(let address, let runID): management.getRun(exchange, address, runID: runID)
        case .cancelRun(let address, let runID): management.cancelRun(exchange, address, runID: runID)
        case .queryRuns(let address): management.queryRuns(exchange, address)
        case .wrongMethod(let allowed): ManagementError.wrongMethod(allowed: allowed).answer()
        case .unknown, .admin: ManagementError.unknownPath.answer()
        }
    }

    /// A fault that comes instead of the work.
    private func prevent(_ effect: Fault.Effect, _ exchange: Exchange, _ route: Route) -> Ending {
        if case .hang = effect { return .hang }
        if case .resetBeforeCommit = effect { return .reset }
        let answer: Answer
        if case .html(let status) = effect {
            answer = Answer(
                status: status,
                headers: [.contentType: "text/html; charset=utf-8"],
                body: Array(Self.page.utf8)
            )
        } else if case .token = route {
            answer = tokenEndpoint.refuse(exchange, with: effect)
        } else {
            answer = management.refuse(exchange, with: effect, createsRun: route.name == .createRun)
        }
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
        let answer = perform(exchange, route, commitDelay: commitDelay)
        if answer.isRefusal {
            faults.withLockedValue { $0.putBack(draw) }
            return .answer(answer)
        }
        switch effect {
        case .gatewayTimeoutAfterCommit: return .answer(management.gatewayTimeout(exchange))
        case .truncatedBodyAfterCommit: return .truncated(answer)
        default: return .reset
        }
    }

    private static let page = """
        <html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1>\
        <p>The proxy got no usable answer from the server behind it.</p></body></html>
        """
}
