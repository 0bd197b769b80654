import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Many runs", .timeLimit(.minutes(5)))
struct ManyRunsTests {
    private static let bounds = #""lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-24T00:00:00Z""#

    private static func path(_ rest: String) -> String {
        "\(EmulatorClient.factory)/\(rest)?api-version=2018-06-01"
    }

    /// Starts runs, many at once, with one token.
    private static func start(_ count: Int, _ emulator: EmulatorClient, token: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<32 {
                group.addTask {
                    for _ in stride(from: lane, to: count, by: 32) {
                        let path = Self.path("pipelines/plain/createRun")
                        let reply = try await emulator.send(
                            .POST,
                            path,
                            token: token,
                            body: "{}",
                            timeout: .seconds(60)
                        )
                        try #require(reply.status == 200)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Reads every page of a query.
    private static func walk(_ emulator: EmulatorClient, _ order: String, token: String) async throws -> [String] {
        var ids: [String] = []
        var next: String?
        repeat {
            let continuation = next.map { ",\"continuationToken\":\"\($0)\"" } ?? ""
            let body = "{\(bounds)\(order)\(continuation)}"
            let reply = try await emulator.send(.POST, path("queryPipelineRuns"), token: token, body: body)
            let page = try #require(reply["value"] as? [[String: Any]], "\(reply.body.prefix(300))")
            ids += page.compactMap { $0["runId"] as? String }
            next = reply["continuationToken"] as? String
        } while next != nil && ids.count < 20_000
        return ids
    }

    @Test("ten thousand runs are started, walked through in both directions, and end")
    func tenThousand() async throws {
        let clock = ManualClock()
        try await withEmulator(clock: clock.clock) { emulator in
            let token = try await emulator.token()
            try await Self.start(10_000, emulator, token: token)
            let upward = try await Self.walk(emulator, "", token: token)
            let downward = try await Self.walk(
                emulator,
                #","orderBy":[{"orderBy":"RunStart","order":"DESC"}]"#,
                token: token
            )
            let one = try await emulator.send(.GET, Self.path("pipelineruns/\(upward[5000])"), token: token)
            clock.advance(by: .seconds(10))
            let statuses = try await emulator.runs().map { $0["status"] as? String }

            #expect(upward.count == 10_000)
            #expect(Set(upward).count == 10_000)
            #expect(downward == upward.reversed())
            #expect(one.status == 200)
            #expect(statuses.count == 10_000)
            #expect(statuses.allSatisfy { $0 == "Succeeded" })
        }
    }

    @Test("beyond the number to keep, runs that have ended are forgotten, their ids with them, and no others")
    func keptRuns() async throws {
        let clock = ManualClock()
        let first = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        let pipelines = #"{"name":"plain","durationSeconds":10},{"name":"long","durationSeconds":100000}"#
        let options = #","writes":null,"reads":null,"keptRuns":50"#
        try await withEmulator(pipelines: pipelines, options: options, clock: clock.clock) { emulator in
            let token = try await emulator.token()
            let long = try #require(try await emulator.createRun("long")["runId"] as? String)
            _ = try await emulator.createRun(id: first)
            try await Self.start(200, emulator, token: token)
            let allGoOn = try await emulator.runs().count
            clock.advance(by: .seconds(10))
            let afterwards = try await emulator.runs().count
            let dropped = try await emulator.call(.GET, "pipelineruns/\(first)")
            let kept = try await emulator.call(.GET, "pipelineruns/\(long)")
            let again = try await emulator.createRun(id: first)
            // More than enough for the list of numbers to be rid of those it has no run for.
            for _ in 0..<8 {
                try await Self.start(200, emulator, token: token)
                clock.advance(by: .seconds(10))
            }
            let walked = try await Self.walk(emulator, "", token: try await emulator.token())

            #expect(allGoOn == 202)
            #expect(afterwards == 50)
            #expect(dropped.status == 404)
            #expect(kept.status == 200)
            #expect(again["runId"] as? String == first)
            #expect(walked.count == 50)
            #expect(walked.first == long)
        }
    }
}
