import AsyncHTTPClient
import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("The emulator's own routes", .timeLimit(.minutes(5)))
struct AdminTests {
    @Test("runs are listed in order of creation with every member")
    func runs() async throws {
        let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        try await withEmulator(clock: ManualClock().clock) { emulator in
            _ = try await emulator.createRun("PLAIN", id: id)
            _ = try await emulator.createRun()
            let reply = try await emulator.send(.GET, "/emulator/runs")

            #expect(
                reply.body.hasPrefix(
                    #"[{"runId":"\#(id)","clientRequestId":"\#(id)","subscriptionId":"\#(EmulatorClient.subscription)","#
                        + #""resourceGroup":"rg","factory":"adf","pipeline":"plain","parameters":{},"#
                        + #""createdAt":"2026-11-22T20:00:00.0000000Z","status":"Queued"},{"#
                )
            )
            #expect(try await emulator.runs().count == 2)
        }
    }

    @Test("answers are counted by route and status")
    func stats() async throws {
        try await withEmulator { emulator in
            _ = try await emulator.createRun()
            _ = try await emulator.createRun("none")
            _ = try await emulator.send(.GET, "/nowhere")
            _ = try await emulator.send(.GET, "/emulator/ready")
            let reply = try await emulator.send(.GET, "/emulator/stats")

            #expect(
                reply.body
                    == #"{"token":{"200":2},"createRun":{"200":1,"404":1},"other":{"404":1},"#
                    + #""maximumInFlight":{"token":1,"createRun":1,"other":1}}"#
            )
        }
    }

    @Test("the most requests at one time are counted for each route, those a latency holds back among them")
    func inFlight() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"latency","ms":300}]"#)
            // Again where the machine was too busy to have all of them at one time.
            repeat {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<5 { group.addTask { _ = try await emulator.createRun() } }
                    try await group.waitForAll()
                }
            } while try await emulator.tally("maximumInFlight")["createRun"] != 5
            _ = try await emulator.send(.POST, "/emulator/reset")
            _ = try await emulator.createRun()

            #expect(try await emulator.tally("maximumInFlight")["createRun"] == 1)
        }
    }

    @Test("faults are answered with what is left of them")
    func faults() async throws {
        let list = """
            [{"route":"createRun","fault":"status","times":2,"status":500,"code":"X"},\
            {"route":"*","fault":"latency","rate":0.125,"ms":0}]
            """
        try await withEmulator { emulator in
            let put = try await emulator.send(.PUT, "/emulator/faults", body: list)
            _ = try await emulator.createRun()
            let left = try await emulator.send(.GET, "/emulator/faults")
            _ = try await emulator.createRun()
            let last = try await emulator.send(.GET, "/emulator/faults")

            #expect(put.body == list)
            #expect(left.body == list.replacing("\"times\":2", with: "\"times\":1"))
            #expect(last.body == #"[{"route":"*","fault":"latency","rate":0.125,"ms":0}]"#)
        }
    }

    @Test("a bad list of faults is refused by its path and changes nothing")
    func badFaults() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)
            let reply = try await emulator.send(
                .PUT,
                "/emulator/faults",
                body: #"[{"route":"createRun","fault":"hung"}]"#
            )

            #expect(reply.status == 400)
            #expect(reply.errorMessage?.hasPrefix("$[0].fault: ") == true)
            #expect(try await emulator.send(.GET, "/emulator/faults").body.contains("hang"))
        }
    }

    @Test("a reset forgets runs, ids, counts, faults and budgets")
    func reset() async throws {
        let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        let clock = ManualClock()
        try await withEmulator(options: #","writes":{"bucket":1,"perSecond":1}"#, clock: clock.clock) { emulator in
            _ = try await emulator.createRun(id: id)
            #expect(try await emulator.createRun(id: id).status == 429)
            try await emulator.setFaults(#"[{"route":"getRun","fault":"hang"}]"#)
            let reply = try await emulator.send(.POST, "/emulator/reset")

            #expect(reply.status == 204)
            #expect(try await emulator.runs().isEmpty)
            #expect(try await emulator.send(.GET, "/emulator/stats").body == "{}")
            #expect(try await emulator.send(.GET, "/emulator/faults").body == "[]")
            #expect(try await emulator.createRun(id: id).status == 200)
            #expect(try await emulator.runs().count == 1)
        }
    }

    @Test("budgets are kept by client and refill with time")
    func throttling() async throws {
        let clock = ManualClock()
        let options = #","writes":{"bucket":2,"perSecond":0.5},"reads":null"#
        try await withEmulator(options: options, clock: clock.clock) { emulator in
            let path = EmulatorClient.factory + "/pipelines/plain/createRun?api-version=2018-06-01"
            func global(_ reply: Reply) -> String? {
                reply.headers.first(name: "x-ms-ratelimit-remaining-subscription-global-writes")
            }
            let first = try await emulator.token(client: "first")
            let second = try await emulator.token(client: "second")
            func start(_ token: String) async throws -> Reply {
                try await emulator.send(.POST, path, token: token, body: "{}")
            }

            let remaining = try await [start(first), start(first)].map {
                $0.headers.first(name: "x-ms-ratelimit-remaining-subscription-writes")
            }
            let refused = try await start(first)
            let other = try await start(second)
            clock.advance(by: .seconds(2))
            let refilled = try await start(first)

            #expect(remaining == ["1", "0"])
            #expect(refused.status == 429)
            #expect(refused.errorCode == "SubscriptionRequestsThrottled")
            #expect(refused.errorMessage?.contains("'write'") == true)
            #expect(refused.headers.first(name: "retry-after") == "2")
            #expect(refused.headers.first(name: "x-ms-ratelimit-remaining-subscription-writes") == "0")
            // Fifteen times two for all clients together; a refused call costs them nothing.
            #expect(global(refused) == "28")
            #expect(other.status == 200)
            #expect(global(other) == "27")
            #expect(refilled.status == 200)
            #expect(try await emulator.runs().count == 4)
        }
    }

    @Test("reads have a budget of their own")
    func reads() async throws {
        let options = #","writes":{"bucket":1,"perSecond":0.001},"reads":{"bucket":1,"perSecond":0.001}"#
        try await withEmulator(options: options) { emulator in
            #expect(try await emulator.createRun().status == 200)
            #expect(try await emulator.call(.GET, "pipelines/plain").status == 200)
            let refused = try await emulator.call(.GET, "pipelines/plain")

            #expect(refused.status == 429)
            #expect(refused.errorMessage?.contains("'read'") == true)
        }
    }

    @Test(
        "a wrong method is answered with the right one",
        arguments: [
            (HTTPMethod.GET, "pipelines/plain/createRun", "POST"), (.POST, "pipelines/plain", "GET"),
            (.DELETE, "pipelineruns/x", "GET"), (.GET, "queryPipelineRuns", "POST"),
            (.PUT, "pipelines/plain", "GET"), (.GET, "pipelineruns/x/queryActivityruns", "POST"),
        ]
    )
    func methods(_ method: HTTPMethod, _ path: String, _ allowed: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(method, path)

            #expect(reply.status == 405)
            #expect(reply.headers.first(name: "allow") == allowed)
        }
    }

    @Test(
        "paths that mean nothing are not found",
        arguments: [
            "/", "/subscriptions", "/emulator", "/emulator/none", "//", "/x/oauth2/other", "/subscriptions//x",
        ]
    )
    func unknownPaths(_ path: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.send(.GET, path)

            #expect(reply.status == 404)
        }
    }
}
