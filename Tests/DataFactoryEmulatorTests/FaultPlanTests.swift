import DataFactoryEmulator
import Testing

@Suite("Fault plans")
struct FaultPlanTests {
    @Test("faults strike in order and as often as they say")
    func order() {
        var plan = FaultPlan([
            Fault(.hang, on: .createRun, trigger: .times(2)),
            Fault(.gatewayTimeout, trigger: .times(1)),
        ])

        let effects = (0..<4).map { _ in plan.draw(for: .createRun) { 0 }.effect }

        #expect(effects == [.hang, .hang, .gatewayTimeout, nil])
        #expect(plan.remaining.isEmpty)
    }

    @Test("a fault strikes its own route only")
    func routes() {
        var plan = FaultPlan([Fault(.hang, on: .token)])

        #expect(plan.draw(for: .createRun) { 0 }.effect == nil)
        #expect(plan.draw(for: .token) { 0 }.effect == .hang)
    }

    @Test("latencies add up and leave room for another fault")
    func latencies() {
        var plan = FaultPlan([
            Fault(.latency(milliseconds: 5)), Fault(.latency(milliseconds: 7)), Fault(.hang),
            Fault(.latency(milliseconds: 100)),
        ])

        let draw = plan.draw(for: .getRun) { 0 }

        #expect(draw.delayMilliseconds == 12)
        #expect(draw.effect == .hang)
    }

    @Test("a rate strikes below its number")
    func rate() {
        var plan = FaultPlan([Fault(.hang, trigger: .rate(0.25))])

        #expect(plan.draw(for: .getRun) { 0.2499 }.effect == .hang)
        #expect(plan.draw(for: .getRun) { 0.25 }.effect == nil)
    }

    @Test("a fault put back strikes again, unless the list was replaced meanwhile")
    func putBack() {
        var plan = FaultPlan([Fault(.hang, trigger: .times(1))])
        let first = plan.draw(for: .getRun) { 0 }
        plan.putBack(first)
        let second = plan.draw(for: .getRun) { 0 }
        plan.replace(with: [Fault(.hang, trigger: .times(1))])
        plan.putBack(second)

        #expect(second.effect == .hang)
        #expect(plan.remaining == [Fault(.hang, trigger: .times(1))])
    }

    @Test("a late commit leaves other routes alone")
    func lateCommit() {
        var plan = FaultPlan([Fault(.commitLate(milliseconds: 5))])

        #expect(plan.draw(for: .getRun) { 0 }.effect == nil)
        #expect(plan.draw(for: .createRun) { 0 }.effect == .commitLate(milliseconds: 5))
    }

    @Test(
        "every fault is read with its members",
        arguments: [
            (
                #"{"route":"*","fault":"latency","ms":200,"rate":0.05}"#,
                Fault(.latency(milliseconds: 200), trigger: .rate(0.05))
            ),
            (#"{"route":"token","fault":"hang","times":3}"#, Fault(.hang, on: .token, trigger: .times(3))),
            (#"{"route":"getRun","fault":"reset-before-commit"}"#, Fault(.resetBeforeCommit, on: .getRun)),
            (#"{"route":"queryRuns","fault":"reset-after-commit"}"#, Fault(.resetAfterCommit, on: .queryRuns)),
            (#"{"route":"getPipeline","fault":"gateway-timeout"}"#, Fault(.gatewayTimeout, on: .getPipeline)),
            (
                #"{"route":"createRun","fault":"gateway-timeout-after-commit"}"#,
                Fault(.gatewayTimeoutAfterCommit, on: .createRun)
            ),
            (#"{"route":"*","fault":"throttle","retryAfterSeconds":7}"#, Fault(.throttle(retryAfterSeconds: 7))),
            (#"{"route":"*","fault":"throttle"}"#, Fault(.throttle(retryAfterSeconds: nil))),
            (#"{"route":"*","fault":"status","status":500,"code":"X"}"#, Fault(.status(500, code: "X"))),
            (#"{"route":"*","fault":"truncated-body-after-commit"}"#, Fault(.truncatedBodyAfterCommit)),
            (
                #"{"route":"createRun","fault":"commit-late","ms":9}"#,
                Fault(.commitLate(milliseconds: 9), on: .createRun)
            ),
            (#"{"route":"*","fault":"html"}"#, Fault(.html(status: 502))),
        ]
    )
    func decoding(_ json: String, _ fault: Fault) throws {
        #expect(try Fault.list(json: Array("[\(json)]".utf8)) == [fault])
    }

    @Test(
        "a mistake is named by its path",
        arguments: [
            ("{}", "$"), ("[1]", "$[0]"), (#"[{"fault":"hang"}]"#, "$[0]"),
            (#"[{"route":"createrun","fault":"hang"}]"#, "$[0].route"),
            (#"[{"route":"*","fault":"hangs"}]"#, "$[0].fault"),
            (#"[{"route":"*","fault":"latency"}]"#, "$[0]"),
            (#"[{"route":"*","fault":"hang","ms":1}]"#, "$[0].ms"),
            (#"[{"route":"*","fault":"hang","rate":2}]"#, "$[0].rate"),
            (#"[{"route":"*","fault":"hang","rate":0.1,"times":1}]"#, "$[0].times"),
            (#"[{"route":"*","fault":"status","status":200}]"#, "$[0].status"),
            (#"[{"route":"getRun","fault":"commit-late","ms":1}]"#, "$[0].route"),
            (#"[{"route":"*","fault":"hang","oops":1}]"#, "$[0].oops"),
        ]
    )
    func mistakes(_ json: String, _ path: String) {
        let error = #expect(throws: ScenarioError.self) { try Fault.list(json: Array(json.utf8)) }

        #expect(error?.path == path)
    }
}
