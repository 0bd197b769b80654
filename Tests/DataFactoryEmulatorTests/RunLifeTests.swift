import AsyncHTTPClient
import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("The life of a run", .timeLimit(.minutes(5)))
struct RunLifeTests {
    private static let pipelines = """
        {"name":"ok","durationSeconds":5,"parameters":{"s":{"type":"String","defaultValue":"d"},
        "a":{"type":"Array","defaultValue":[ "x" ]},"k":{"type":"SecureString","defaultValue":"hush"}}},
        {"name":"bad","durationSeconds":5,"outcome":"Failed"},{"name":"cut","durationSeconds":5,"outcome":"Cancelled"},
        {"name":"now","durationSeconds":0}
        """

    @Test(
        "a run waits, works and ends by the clock alone",
        arguments: [
            ("ok", "Succeeded"), ("bad", "Failed"), ("cut", "Cancelled"),
        ]
    )
    func life(_ pipeline: String, _ outcome: String) async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            let runID = try #require(try await emulator.createRun(pipeline)["runId"] as? String)
            func run() async throws -> Reply { try await emulator.call(.GET, "pipelineruns/\(runID)") }

            let queued = try await run()
            clock.advance(by: .milliseconds(500))
            let working = try await run()
            clock.advance(by: .milliseconds(4499))
            let stillWorking = try await run()
            clock.advance(by: .milliseconds(1))
            let ended = try await run()

            #expect(queued["status"] as? String == "Queued")
            #expect(queued.body.contains("\"runEnd\":null"))
            #expect(queued.body.contains("\"durationInMs\":null"))
            #expect(working["status"] as? String == "InProgress")
            #expect(working["lastUpdated"] as? String == "2026-11-22T20:00:00.5000000Z")
            #expect(stillWorking["status"] as? String == "InProgress")
            #expect(ended["status"] as? String == outcome)
            #expect(ended["runStart"] as? String == "2026-11-22T20:00:00.0000000Z")
            #expect(ended["runEnd"] as? String == "2026-11-22T20:00:05.0000000Z")
            #expect(ended["durationInMs"] as? Int == 5000)
            #expect((ended["message"] as? String)?.isEmpty == (outcome != "Failed"))
        }
    }

    @Test("a run of no duration has ended at once")
    func instant() async throws {
        try await withEmulator(pipelines: Self.pipelines, clock: ManualClock().clock) { emulator in
            _ = try await emulator.createRun("now")

            #expect(try await emulator.runs().first?["status"] as? String == "Succeeded")
        }
    }

    @Test("a run shows its parameters as texts, with defaults filled in and secrets masked")
    func parameters() async throws {
        try await withEmulator(pipelines: Self.pipelines) { emulator in
            let reply = try await emulator.createRun(
                "ok",
                #"{"S":"given","a":[ 1.10,{"x" : 12345678901234567890} ],"k":"key"}"#
            )
            let runID = try #require(reply["runId"] as? String)
            let run = try await emulator.call(.GET, "pipelineruns/\(runID.uppercased())")
            let plain = try #require(try await emulator.createRun("ok")["runId"] as? String)
            let defaulted = try await emulator.call(.GET, "pipelineruns/\(plain)")

            #expect(
                run["parameters"] as? [String: String]
                    == ["S": "given", "a": #"[ 1.10,{"x" : 12345678901234567890} ]"#, "k": "**********"]
            )
            #expect(
                defaulted["parameters"] as? [String: String] == ["s": "d", "a": #"[ "x" ]"#, "k": "**********"]
            )
            #expect(run["runGroupId"] as? String == runID)
            #expect((run["invokedBy"] as? [String: String])?["invokedByType"] == "Manual")
            #expect(run.headers.contains(name: "x-ms-ratelimit-remaining-subscription-reads") == false)
        }
    }

    @Test(
        "an unknown run is not found, whether its id is a GUID or not",
        arguments: [
            "11111111-2222-4333-8444-555555555555", "x",
        ]
    )
    func unknown(_ runID: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(.GET, "pipelineruns/\(runID)")

            #expect(reply.status == 404)
            #expect(reply.errorCode == "NotFound")
        }
    }

    @Test("a cancelled run is cancelling for a second and then cancelled for good")
    func cancel() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, options: "", clock: clock.clock) { emulator in
            let runID = try #require(try await emulator.createRun("ok")["runId"] as? String)
            clock.advance(by: .seconds(2))
            let reply = try await emulator.call(.POST, "pipelineruns/\(runID)/cancel")
            let during = try await emulator.call(.GET, "pipelineruns/\(runID)")
            clock.advance(by: .seconds(100))
            let after = try await emulator.call(.GET, "pipelineruns/\(runID)")

            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
            #expect(reply.headers.contains(name: "x-ms-ratelimit-remaining-subscription-writes"))
            #expect(during["status"] as? String == "Canceling")
            #expect(after["status"] as? String == "Cancelled")
            #expect(after["runEnd"] as? String == "2026-11-22T20:00:03.0000000Z")
        }
    }

    @Test("cancelling a run that has ended changes nothing")
    func cancelEnded() async throws {
        try await withEmulator(pipelines: Self.pipelines) { emulator in
            let runID = try #require(try await emulator.createRun("now")["runId"] as? String)
            let reply = try await emulator.call(.POST, "pipelineruns/\(runID)/cancel?isRecursive=true")
            let run = try await emulator.call(.GET, "pipelineruns/\(runID)")

            #expect(reply.status == 200)
            #expect(run["status"] as? String == "Succeeded")
        }
    }

    @Test("cancelling an unknown run is refused with 400, not 404")
    func cancelUnknown() async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(.POST, "pipelineruns/11111111-2222-4333-8444-555555555555/cancel")

            #expect(reply.status == 400)
            #expect(reply.errorCode == "ReferencedPipelineRunNotFound")
        }
    }

    @Test("a pipeline shows what it declares and answers 304 to its etag")
    func pipeline() async throws {
        try await withEmulator(pipelines: Self.pipelines, options: "") { emulator in
            let reply = try await emulator.call(.GET, "pipelines/OK")
            let etag = try #require(reply["etag"] as? String)
            let unchanged = try await emulator.call(.GET, "pipelines/ok", headers: ["If-None-Match": "\"\(etag)\""])
            let changed = try await emulator.call(.GET, "pipelines/ok", headers: ["If-None-Match": "\"x\""])
            let bad = try await emulator.call(.GET, "pipelines/bad")
            let missing = try await emulator.call(.GET, "pipelines/none")

            let properties = try #require(reply["properties"] as? [String: Any])
            let parameters = try #require(properties["parameters"] as? [String: [String: Any]])
            #expect(parameters["a"]?["type"] as? String == "Array")
            #expect(parameters["s"]?["defaultValue"] as? String == "d")
            #expect(reply.body.contains(#""defaultValue":[ "x" ]"#))
            #expect(reply.headers.first(name: "x-ms-ratelimit-remaining-subscription-reads") == "249")
            #expect(unchanged.status == 304)
            #expect(unchanged.body.isEmpty)
            #expect(changed.status == 200)
            #expect(bad["etag"] as? String != etag)
            #expect(missing.status == 404)
            #expect(missing.errorCode == "NotFound")
        }
    }
}
