import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("queryActivityruns", .timeLimit(.minutes(5)))
struct ActivityRunTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    private static let pipelines =
        #"{"name":"ok","durationSeconds":10},{"name":"bad","durationSeconds":10,"outcome":"Failed"}"#

    private static func query(
        _ emulator: EmulatorClient,
        before: String = "2026-11-22T21:00:00Z",
        more: String = ""
    ) async throws -> Reply {
        let body = #"{"lastUpdatedAfter":"2026-11-22T19:00:00Z","lastUpdatedBefore":"\#(before)"\#(more)}"#
        return try await emulator.call(.POST, "pipelineruns/\(id)/queryActivityruns", body: body)
    }

    @Test("a run has one activity, which ends as the run does", arguments: [("ok", "Succeeded"), ("bad", "Failed")])
    func activity(_ pipeline: String, _ outcome: String) async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            _ = try await emulator.createRun(pipeline, id: Self.id)
            let queued = try await Self.query(emulator)
            clock.advance(by: .seconds(10))
            let filter = #","filters":[{"operand":"ActivityName","operator":"Equals","values":["x"]}]"#
            let ended = try await Self.query(emulator, more: filter)
            let outside = try await Self.query(emulator, before: "2026-11-22T20:00:09Z")

            #expect(queued.body == #"{"value":[]}"#)
            let activities = try #require(ended["value"] as? [[String: Any]], "\(ended.body)")
            let activity = try #require(activities.first)
            #expect(activities.count == 1)
            #expect(activity["pipelineRunId"] as? String == Self.id)
            #expect(activity["pipelineName"] as? String == pipeline)
            #expect(activity["status"] as? String == outcome)
            #expect(activity["activityRunEnd"] as? String == "2026-11-22T20:00:10.0000000Z")
            #expect(activity["durationInMs"] as? Int == 10_000)
            let error = try #require(activity["error"] as? [String: Any])
            #expect((error["errorCode"] as? String)?.isEmpty == (outcome != "Failed"))
            #expect(outside.body == #"{"value":[]}"#)
        }
    }

    @Test("both bounds are required")
    func bounds() async throws {
        try await withEmulator(pipelines: Self.pipelines) { emulator in
            _ = try await emulator.createRun("ok", id: Self.id)
            let reply = try await emulator.call(
                .POST,
                "pipelineruns/\(Self.id)/queryActivityruns",
                body: #"{"lastUpdatedAfter":"2026-11-22T19:00:00Z"}"#
            )

            #expect(reply.status == 400)
            #expect(reply.errorMessage?.contains("lastUpdatedBefore") == true)
        }
    }
}
