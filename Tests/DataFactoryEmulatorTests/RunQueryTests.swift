import AsyncHTTPClient
import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("queryPipelineRuns", .timeLimit(.minutes(5)))
struct RunQueryTests {
    private static let bounds = #""lastUpdatedAfter":"2026-11-22T19:00:00Z","lastUpdatedBefore":"2026-11-22T21:00:00Z""#
    private static let pipelines = #"{"name":"a","durationSeconds":10},{"name":"b","durationSeconds":20}"#

    private static func names(_ reply: Reply) -> [String] {
        (reply["value"] as? [[String: Any]] ?? []).compactMap { $0["pipelineName"] as? String }
    }

    @Test(
        "both bounds are required and bad members are refused by name",
        arguments: [
            (#"{"lastUpdatedAfter":"2026-11-22T19:00:00Z"}"#, "lastUpdatedBefore"),
            (#"{"lastUpdatedBefore":"2026-11-22T19:00:00Z"}"#, "lastUpdatedAfter"),
            (#"{"lastUpdatedAfter":"yesterday","lastUpdatedBefore":"2026-11-22T19:00:00Z"}"#, "RFC 3339"),
            (#"{\#(bounds),"filters":[{"operand":"RunId","operator":"Equals","values":["x"]}]}"#, "operand"),
            (#"{\#(bounds),"filters":[{"operand":"RunGroupId","operator":"In","values":["x","y"]}]}"#, "RunGroupId"),
            (#"{\#(bounds),"orderBy":[{"orderBy":"RunStart","order":"UP"}]}"#, "DESC"),
            (#"{\#(bounds),"continuationToken":"made up"}"#, "token"),
            (#"{\#(bounds),"continuationToken":"c.1.zz","orderBy":[{"orderBy":"Status","order":"ASC"}]}"#, "token"),
            (#"{\#(bounds),"continuationToken":"c.-1.5"}"#, "token"),
            ("", "JSON"),
        ]
    )
    func refusals(_ body: String, _ hint: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(.POST, "queryPipelineRuns", body: body)

            #expect(reply.status == 400)
            #expect(reply.errorCode == "BadRequest")
            #expect(reply.errorMessage?.contains(hint) == true, "\(reply.body)")
        }
    }

    @Test(
        "filters are joined by and",
        arguments: [
            ("", ["a", "b", "a"]),
            (#"{"operand":"PipelineName","operator":"Equals","values":["A"]}"#, ["a", "a"]),
            (#"{"operand":"PipelineName","operator":"NotIn","values":["a","x"]}"#, ["b"]),
            (#"{"operand":"Status","operator":"In","values":["Queued","InProgress"]}"#, ["b", "a"]),
            (#"{"operand":"Status","operator":"NotEquals","values":["InProgress"]}"#, ["a", "a"]),
            (
                #"{"operand":"Status","operator":"Equals","values":["Succeeded"]},{"operand":"PipelineName","operator":"In","values":["b"]}"#,
                []
            ),
            (#"{"operand":"RunStart","operator":"Equals","values":["2026-11-22T20:00:01Z"]}"#, ["b"]),
            (#"{"operand":"RunEnd","operator":"Equals","values":["2026-11-22T20:00:10Z"]}"#, ["a"]),
            (#"{"operand":"RunGroupId","operator":"Equals","values":["11111111-2222-4333-8444-555555555550"]}"#, ["a"]),
            (#"{"operand":"LatestOnly","operator":"Equals","values":[true]}"#, ["a", "b", "a"]),
        ]
    )
    func filters(_ filters: String, _ expected: [String]) async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            _ = try await emulator.createRun("a", id: "11111111-2222-4333-8444-555555555550")
            clock.advance(by: .seconds(1))
            _ = try await emulator.createRun("b")
            clock.advance(by: .seconds(10))
            _ = try await emulator.createRun("a")
            let reply = try await emulator.call(
                .POST,
                "queryPipelineRuns",
                body: "{\(Self.bounds),\"filters\":[\(filters)]}"
            )

            #expect(reply.status == 200, "\(reply.body)")
            #expect(Self.names(reply) == expected)
            #expect(reply["continuationToken"] == nil)
        }
    }

    @Test("the bounds are those of the last update")
    func window() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            _ = try await emulator.createRun("a")
            clock.advance(by: .seconds(30))
            func query(_ after: String, _ before: String) async throws -> Int {
                let body =
                    #"{"lastUpdatedAfter":"2026-11-22T20:00:\#(after)Z","lastUpdatedBefore":"2026-11-22T20:00:\#(before)Z"}"#
                return Self.names(try await emulator.call(.POST, "queryPipelineRuns", body: body)).count
            }

            #expect(try await query("00", "09") == 0)
            #expect(try await query("10", "10") == 1)
            #expect(try await query("11", "59") == 0)
        }
    }

    @Test(
        "runs are ordered as asked",
        arguments: [
            (#"{"orderBy":"RunStart","order":"DESC"}"#, ["b", "a", "b"]),
            (#"{"orderBy":"PipelineName","order":"ASC"}"#, ["a", "b", "b"]),
            (#"{"orderBy":"PipelineName","order":"DESC"},{"orderBy":"RunStart","order":"DESC"}"#, ["b", "b", "a"]),
            (#"{"orderBy":"RunEnd","order":"ASC"}"#, ["a", "b", "b"]),
            (#"{"orderBy":"Status","order":"ASC"}"#, ["b", "b", "a"]),
        ]
    )
    func ordering(_ order: String, _ expected: [String]) async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            for name in ["b", "a", "b"] {
                _ = try await emulator.createRun(name)
                clock.advance(by: .seconds(4))
            }
            // 17 s on: "a", of 10 s, has ended after 14; the others, of 20 s, have not.
            clock.advance(by: .seconds(5))
            let reply = try await emulator.call(
                .POST,
                "queryPipelineRuns",
                body: "{\(Self.bounds),\"orderBy\":[\(order)]}"
            )

            #expect(Self.names(reply) == expected)
        }
    }

    @Test(
        "pages hold a hundred, and runs started meanwhile do not shift them",
        arguments: [
            "", #","orderBy":[{"orderBy":"RunStart","order":"DESC"}]"#,
            #","orderBy":[{"orderBy":"PipelineName","order":"ASC"}]"#,
        ]
    )
    func pages(_ order: String) async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            for _ in 0..<201 {
                _ = try await emulator.createRun("a")
                clock.advance(by: .milliseconds(1))
            }
            var ids: [String] = []
            var sizes: [Int] = []
            var token: String?
            repeat {
                let next = token.map { ",\"continuationToken\":\"\($0)\"" } ?? ""
                let body = "{\(Self.bounds)\(order)\(next)}"
                let reply = try await emulator.call(.POST, "queryPipelineRuns", body: body)
                let runs = try #require(reply["value"] as? [[String: Any]], "\(reply.body)")
                ids += runs.compactMap { $0["runId"] as? String }
                sizes.append(runs.count)
                token = reply["continuationToken"] as? String
                _ = try await emulator.createRun("b")
            } while token != nil && sizes.count < 10

            #expect(sizes == [100, 100, 1])
            #expect(Set(ids).count == 201)
        }
    }

    @Test("a page that is exactly full is the last if nothing follows")
    func fullPage() async throws {
        try await withEmulator(pipelines: Self.pipelines, clock: ManualClock().clock) { emulator in
            for _ in 0..<100 { _ = try await emulator.createRun("a") }
            let reply = try await emulator.call(.POST, "queryPipelineRuns", body: "{\(Self.bounds)}")

            #expect(Self.names(reply).count == 100)
            #expect(reply["continuationToken"] == nil)
        }
    }

    @Test("a recovery group is found by its id, in order, and only its last run is the latest")
    func groups() async throws {
        try await withEmulator(pipelines: Self.pipelines, clock: ManualClock().clock) { emulator in
            let first = "11111111-2222-4333-8444-555555555550"
            _ = try await emulator.createRun("a", id: first)
            _ = try await emulator.createRun("a")
            var ids = [first]
            for _ in 0..<2 {
                let options = "referencePipelineRunId=\(ids.last ?? "")&isRecovery=true"
                let reply = try await emulator.call(.POST, "pipelines/a/createRun?\(options)", body: "{}")
                ids.append(try #require(reply["runId"] as? String))
            }
            func query(_ filters: String) async throws -> [String] {
                let body = "{\(Self.bounds),\"filters\":[\(filters)]}"
                let reply = try await emulator.call(.POST, "queryPipelineRuns", body: body)
                return (reply["value"] as? [[String: Any]] ?? []).compactMap { $0["runId"] as? String }
            }
            let group = #"{"operand":"RunGroupId","operator":"Equals","values":["\#(first.uppercased())"]}"#
            let latest = #"{"operand":"LatestOnly","operator":"Equals","values":[true]}"#

            #expect(try await query(group) == ids)
            #expect(try await query("\(group),\(latest)") == [ids[2]])
            #expect(try await query(group.replacing("\"Equals\"", with: "\"NotEquals\"")).count == 1)
        }
    }

    @Test("a lagging index finds a run late, while its id finds it at once")
    func lag() async throws {
        let clock = ManualClock()
        let options = #","writes":null,"reads":null,"queryLagSeconds":30"#
        try await withEmulator(pipelines: Self.pipelines, options: options, clock: clock.clock) { emulator in
            let runID = try #require(try await emulator.createRun("a")["runId"] as? String)
            clock.advance(by: .milliseconds(29_999))
            let early = try await emulator.call(.POST, "queryPipelineRuns", body: "{\(Self.bounds)}")
            clock.advance(by: .milliseconds(1))
            let late = try await emulator.call(.POST, "queryPipelineRuns", body: "{\(Self.bounds)}")

            #expect(try await emulator.call(.GET, "pipelineruns/\(runID)").status == 200)
            #expect(Self.names(early).isEmpty)
            #expect(Self.names(late) == ["a"])
        }
    }
}
