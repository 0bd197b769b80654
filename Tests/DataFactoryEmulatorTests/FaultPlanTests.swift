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
            (#"{"route":"createRun","fault":"accepted"}"#, Fault(.accepted, on: .createRun)),
            (#"{"route":"*","fault":"claims-challenge"}"#, Fault(.claimsChallenge)),
            (#"{"route":"getRun","fault":"reset-after-headers"}"#, Fault(.resetAfterHeaders, on: .getRun)),
            (
                #"{"route":"createRun","pipeline":"P 1","fault":"hang"}"#,
                Fault(.hang, on: .createRun, pipeline: "p 1")
            ),
            (
                #"{"route":"*","fault":"throttle","retryAfterSeconds":7,"form":"date","code":"ResourceRequestsThrottled"}"#,
                Fault(
                    .throttle(retryAfterSeconds: 7),
                    variant: .init(
                        retryAfter: RetryAfter(seconds: 7, form: .date),
                        throttleCode: "ResourceRequestsThrottled"
                    )
                )
            ),
            (
                #"{"route":"*","fault":"status-after-commit","status":503,"retryAfterSeconds":2,"body":"flat"}"#,
                Fault(
                    .statusAfterCommit(503, code: "InjectedFault"),
                    variant: .init(retryAfter: RetryAfter(seconds: 2), body: .flat)
                )
            ),
            (
                #"{"route":"*","fault":"garbled-body-after-commit"}"#,
                Fault(.garbledBodyAfterCommit, variant: .init(body: .text))
            ),
        ]
    )
    func decoding(_ json: String, _ fault: Fault) throws {
        #expect(try Fault.list(json: Array("[\(json)]".utf8)) == [fault])
    }

    @Test(
        "a fault behind one that leaves it something is taken",
        arguments: [
            #"[{"route":"*","fault":"latency","ms":1},{"route":"*","fault":"hang"}]"#,
            #"[{"route":"getRun","fault":"hang"},{"route":"*","fault":"hang"}]"#,
            #"[{"route":"*","fault":"hang","times":1},{"route":"*","fault":"html"}]"#,
            #"[{"route":"*","fault":"hang","rate":0.9},{"route":"*","fault":"html"}]"#,
            #"[{"route":"*","pipeline":"p","fault":"hang"},{"route":"createRun","fault":"html"}]"#,
            #"[{"route":"*","fault":"accepted"},{"route":"getRun","fault":"hang"}]"#,
            #"[{"route":"*","fault":"claims-challenge"},{"route":"createRun","fault":"hang"}]"#,
        ]
    )
    func order(_ json: String) throws {
        #expect(try Fault.list(json: Array(json.utf8)).count == 2)
    }

    @Test("a fault of one pipeline strikes its requests only")
    func pipelines() {
        var plan = FaultPlan([Fault(.hang, pipeline: "p")])

        #expect(plan.draw(for: .createRun, pipeline: "q") { 0 }.effect == nil)
        #expect(plan.draw(for: .getRun) { 0 }.effect == nil)
        #expect(plan.draw(for: .createRun, pipeline: "p") { 0 }.effect == .hang)
    }

    @Test("a challenge spares tokens that answer it, and is not used up by them")
    func challenge() {
        var plan = FaultPlan([Fault(.claimsChallenge, trigger: .times(1))])

        #expect(plan.draw(for: .createRun, isChallengeable: false) { 0 }.effect == nil)
        #expect(plan.draw(for: .token) { 0 }.effect == nil)
        #expect(plan.draw(for: .createRun) { 0 }.effect == .claimsChallenge)
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
            (#"[{"route":"*","fault":"throttle","form":"date"}]"#, "$[0].form"),
            (#"[{"route":"*","fault":"throttle","retryAfterSeconds":1,"form":"hours"}]"#, "$[0].form"),
            (#"[{"route":"*","fault":"status","status":500,"body":"object"}]"#, "$[0].body"),
            (#"[{"route":"*","fault":"garbled-body-after-commit","body":"flat"}]"#, "$[0].body"),
            // None of these could ever strike.
            (#"[{"route":"*","fault":"hang","rate":0}]"#, "$[0].rate"),
            (#"[{"route":"token","fault":"accepted"}]"#, "$[0].route"),
            (#"[{"route":"token","fault":"claims-challenge"}]"#, "$[0].route"),
            (#"[{"route":"getRun","pipeline":"p","fault":"hang"}]"#, "$[0].route"),
            (#"[{"route":"*","pipeline":"absent","fault":"hang"}]"#, "$[0].pipeline"),
            (#"[{"route":"*","fault":"hang"},{"route":"getRun","fault":"html","times":1}]"#, "$[1]"),
            (#"[{"route":"getRun","fault":"hang","rate":1},{"route":"getRun","fault":"html"}]"#, "$[1]"),
            (#"[{"route":"*","fault":"hang"},{"route":"*","fault":"latency","ms":1}]"#, "$[1]"),
        ]
    )
    func mistakes(_ json: String, _ path: String) {
        let error = #expect(throws: ScenarioError.self) { try Fault.list(json: Array(json.utf8), pipelines: ["p"]) }

        #expect(error?.path == path)
    }
}
