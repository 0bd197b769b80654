import AsyncHTTPClient
import DataFactoryEmulator
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@Suite("Faults", .timeLimit(.minutes(5)))
struct FaultTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"

    @Test("a reset before the commit cuts the connection and leaves no run")
    func resetBeforeCommit() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"reset-before-commit","times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.createRun(id: Self.id) }
            let runs = try await emulator.runs()
            let next = try await emulator.createRun(id: Self.id)

            #expect(runs.isEmpty)
            #expect(next.status == 200)
            #expect(try await emulator.tally("createRun") == ["reset": 1, "200": 1])
        }
    }

    @Test("a reset after the commit cuts the connection and leaves a run")
    func resetAfterCommit() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"reset-after-commit","times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.createRun(id: Self.id) }

            #expect(try await emulator.runs().map { $0["runId"] as? String } == [Self.id])
        }
    }

    @Test("a hang lasts until the client gives up, and nothing is done")
    func hang() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"hang","times":1}]"#)
            try await emulator.giveUp {
                try await emulator.createRun(id: Self.id, timeout: .minutes(10))
            } once: {
                try await !emulator.tally("createRun").isEmpty
            }

            #expect(try await emulator.runs().isEmpty)
            #expect(try await emulator.tally("createRun") == ["hang": 1])
            #expect(try await emulator.createRun(id: Self.id).status == 200)
        }
    }

    @Test("the emulator stops although a request hangs and another connection idles")
    func stopsWhileHanging() async throws {
        let hanging = NIOLockedValueBox<Task<Reply, any Error>?>(nil)
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"getRun","fault":"hang"}]"#)
            // Longer than the suite may take: only the emulator's end can end it.
            let task = Task { try await emulator.call(.GET, "pipelineruns/x", timeout: .minutes(10)) }
            hanging.withLockedValue { $0 = task }
            while try await emulator.tally("getRun").isEmpty { await Task.yield() }
        }

        let task = try #require(hanging.withLockedValue { $0 })
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test(
        "a gateway time-out leaves a run or none, as its name says",
        arguments: [
            ("gateway-timeout", 0), ("gateway-timeout-after-commit", 1),
        ]
    )
    func gatewayTimeout(_ fault: String, _ count: Int) async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"\#(fault)","times":1}]"#)
            let reply = try await emulator.createRun(id: Self.id)

            #expect(reply.status == 504)
            #expect(reply.errorCode == "GatewayTimeout")
            #expect(reply.headers.first(name: "x-ms-failure-cause") == "gateway")
            #expect(try await emulator.runs().count == count)
        }
    }

    @Test(
        "a gateway time-out may come without a body",
        arguments: ["gateway-timeout", "gateway-timeout-after-commit"]
    )
    func emptyGatewayTimeout(_ fault: String) async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"\#(fault)","body":"empty"}]"#)
            let reply = try await emulator.createRun(id: Self.id)

            #expect(reply.status == 504)
            #expect(reply.body.isEmpty)
        }
    }

    @Test(
        "throttling says how long to wait, or does not",
        arguments: [(#","retryAfterSeconds":7"#, "7"), ("", nil)] as [(String, String?)]
    )
    func throttle(_ member: String, _ wait: String?) async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"throttle","times":1\#(member)}]"#)
            let reply = try await emulator.createRun()

            #expect(reply.status == 429)
            #expect(reply.headers.first(name: "retry-after") == wait)
            #expect(reply.errorCode == "SubscriptionRequestsThrottled")
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test("a status comes with its code and leaves no run")
    func status() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(
                #"[{"route":"createRun","fault":"status","status":503,"code":"Busy","times":1}]"#
            )
            let reply = try await emulator.createRun()

            #expect(reply.status == 503)
            #expect(reply.errorCode == "Busy")
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test("a truncated body promises more than it brings, and the run exists")
    func truncatedBody() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"truncated-body-after-commit","times":1}]"#)
            var request = HTTPClientRequest(
                url: emulator.baseURL + EmulatorClient.factory + "/pipelines/plain/createRun?api-version=2018-06-01"
            )
            request.method = .POST
            request.headers = ["Authorization": "Bearer \(try await emulator.token())"]
            let response = try await emulator.http.execute(request, timeout: .seconds(20))

            #expect(response.status == .ok)
            #expect(response.headers.first(name: "content-length").flatMap { Int($0) } ?? 0 > 10)
            await #expect(throws: (any Error).self) { try await response.body.collect(upTo: 1_000) }
            #expect(try await emulator.runs().count == 1)
        }
    }

    @Test("a late commit cuts the connection at once and has the run appear in its time")
    func commitLate() async throws {
        let clock = ManualClock()
        try await withEmulator(clock: clock.clock) { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"commit-late","ms":1500,"times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.createRun(id: Self.id) }
            clock.advance(by: .milliseconds(1499))
            let early = try await emulator.call(.GET, "pipelineruns/\(Self.id)")
            clock.advance(by: .milliseconds(1))
            let late = try await emulator.call(.GET, "pipelineruns/\(Self.id)")

            #expect(early.status == 404)
            #expect(late.status == 200)
            #expect(late["runStart"] as? String == "2026-11-22T20:00:01.5000000Z")
        }
    }

    @Test(
        "a late commit that was overtaken starts nothing where ids are recognised, else a second run",
        arguments: [
            ("null", 1), ("0", 2),
        ]
    )
    func overtakenLateCommit(_ dedupe: String, _ count: Int) async throws {
        let clock = ManualClock()
        let options = #","writes":null,"reads":null,"dedupeSeconds":\#(dedupe)"#
        try await withEmulator(options: options, clock: clock.clock) { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"commit-late","ms":1500,"times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.createRun(id: Self.id) }
            clock.advance(by: .seconds(1))
            let second = try await emulator.createRun(id: Self.id)
            clock.advance(by: .seconds(1))

            #expect(second["runId"] as? String == Self.id)
            #expect(try await emulator.runs().count == count)
        }
    }

    @Test("a proxy's page stands in for JSON")
    func html() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"html","times":1}]"#)
            let reply = try await emulator.createRun()

            #expect(reply.status == 502)
            #expect(reply.headers.first(name: "content-type") == "text/html; charset=utf-8")
            #expect(reply.body.hasPrefix("<html>"))
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test("latency makes the answer late and changes nothing else")
    func latency() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"latency","ms":120,"times":1}]"#)
            let clock = ContinuousClock()
            var reply: Reply?
            let time = try await clock.measure { reply = try await emulator.createRun(id: Self.id) }

            #expect(time >= .milliseconds(120))
            #expect(reply?["runId"] as? String == Self.id)
        }
    }

    @Test("a fault after the commit waits for a call that commits")
    func refusedCall() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"gateway-timeout-after-commit","times":1}]"#)
            let refused = try await emulator.createRun("plain", #"{"undeclared":1}"#)
            let spoiled = try await emulator.createRun()

            #expect(refused.status == 400)
            #expect(spoiled.status == 504)
        }
    }

    @Test("a rate strikes by chance")
    func rate() async throws {
        try await withEmulator(chance: { 0.3 }) { emulator in
            try await emulator.setFaults(
                """
                [{"route":"createRun","fault":"status","status":500,"rate":0.3},
                 {"route":"createRun","fault":"status","status":503,"rate":0.31}]
                """
            )

            #expect(try await emulator.createRun().status == 503)
        }
    }

    @Test(
        "faults of the token endpoint answer in its own shape",
        arguments: [
            (#""fault":"throttle","retryAfterSeconds":3"#, 429, "temporarily_unavailable"),
            (#""fault":"status","status":500,"code":"server_error""#, 500, "server_error"),
            (#""fault":"gateway-timeout""#, 504, "temporarily_unavailable"),
        ]
    )
    func token(_ fault: String, _ status: Int, _ error: String) async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"token",\#(fault),"times":1}]"#)
            let reply = try await emulator.send(.POST, "/t/oauth2/v2.0/token", body: "grant_type=client_credentials")

            #expect(reply.status == status)
            #expect(reply["error"] as? String == error)
        }
    }

    @Test("faults of a scenario are in force from the start, and a fault of every route spares the emulator's own")
    func scenarioFaults() async throws {
        let options = #","faults":[{"route":"*","fault":"status","status":500}]"#
        try await withEmulator(options: options) { emulator in
            let token = try await emulator.send(.POST, "/t/oauth2/v2.0/token", body: "x=y")
            let ready = try await emulator.send(.GET, "/emulator/ready")

            #expect(token.status == 500)
            #expect(ready.status == 200)
        }
    }
}
