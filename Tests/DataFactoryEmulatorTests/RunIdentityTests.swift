import AsyncHTTPClient
import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Run ids", .timeLimit(.minutes(5)))
struct RunIdentityTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    private static let pipelines = #"{"name":"plain","parameters":{"n":{"type":"Int","defaultValue":0}}}"#
    private static let open = #","writes":null,"reads":null"#

    @Test("a repeated client request id starts nothing, whatever its case and body")
    func dedupe() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            let first = try await emulator.createRun(id: Self.id, #"{"n":1}"#)
            clock.advance(by: .seconds(40_000_000))
            let other = try await emulator.createRun(id: Self.id.uppercased(), #"{"n":2}"#)
            let broken = try await emulator.createRun(id: Self.id, #"{"n":"x"}"#)

            #expect(first["runId"] as? String == Self.id)
            #expect(other["runId"] as? String == Self.id)
            #expect(broken["runId"] as? String == Self.id)
            #expect(try await emulator.runs().count == 1)
        }
    }

    @Test(
        "without a GUID every call starts a run of its own",
        arguments: [nil, "x", "{31f1bc88-c715-4cd9-b31f-73e51da2e079}"]
    )
    func noID(_ id: String?) async throws {
        try await withEmulator { emulator in
            let first = try #require(try await emulator.createRun(id: id)["runId"] as? String)
            let second = try #require(try await emulator.createRun(id: id)["runId"] as? String)

            #expect(GUID(first) != nil)
            #expect(first != second)
            #expect(try await emulator.runs().count == 2)
            #expect(try await emulator.runs().first?["clientRequestId"] as? String == id)
        }
    }

    @Test("after dedupeSeconds the id starts another run, under an id of its own")
    func dedupeEnds() async throws {
        let clock = ManualClock()
        let options = Self.open + #","dedupeSeconds":60"#
        try await withEmulator(pipelines: Self.pipelines, options: options, clock: clock.clock) { emulator in
            _ = try await emulator.createRun(id: Self.id, #"{"n":1}"#)
            clock.advance(by: .milliseconds(59_999))
            let within = try await emulator.createRun(id: Self.id, #"{"n":2}"#)
            clock.advance(by: .milliseconds(1))
            let after = try await emulator.createRun(id: Self.id, #"{"n":3}"#)
            let again = try await emulator.createRun(id: Self.id, #"{"n":4}"#)
            let byID = try await emulator.call(.GET, "pipelineruns/\(Self.id)")

            #expect(within["runId"] as? String == Self.id)
            let second = try #require(after["runId"] as? String)
            #expect(second != Self.id)
            #expect(again["runId"] as? String == second)
            #expect((byID["parameters"] as? [String: String])?["n"] == "1")
            #expect(try await emulator.runs().count == 2)
        }
    }

    @Test("with dedupeSeconds 0 every call starts a run, and the first keeps the id")
    func noDedupe() async throws {
        let clock = ManualClock()
        let options = Self.open + #","dedupeSeconds":0"#
        try await withEmulator(pipelines: Self.pipelines, options: options, clock: clock.clock) { emulator in
            for _ in 0..<3 { _ = try await emulator.createRun(id: Self.id) }

            let ids = try await emulator.runs().compactMap { $0["runId"] as? String }
            #expect(ids.first == Self.id)
            #expect(Set(ids).count == 3)
        }
    }

    @Test("a service with ids of its own never takes the client's")
    func serverIDs() async throws {
        try await withEmulator(options: Self.open + #","runIds":"server""#) { emulator in
            for _ in 0..<2 { _ = try await emulator.createRun(id: Self.id) }
            let byID = try await emulator.call(.GET, "pipelineruns/\(Self.id)")

            let runs = try await emulator.runs()
            #expect(runs.count == 2)
            #expect(!runs.contains { $0["runId"] as? String == Self.id })
            #expect(runs.allSatisfy { $0["clientRequestId"] as? String == Self.id })
            #expect(byID.status == 404)
        }
    }

    @Test("a replaying service answers its refusal again, though the body is good now")
    func replay() async throws {
        let options = Self.open + #","runIds":"replayErrors""#
        try await withEmulator(pipelines: Self.pipelines, options: options) { emulator in
            let refused = try await emulator.createRun(id: Self.id, #"{"n":"x"}"#)
            let again = try await emulator.createRun(id: Self.id, #"{"n":1}"#)
            let other = try await emulator.createRun(id: "41f1bc88-c715-4cd9-b31f-73e51da2e079", #"{"n":1}"#)

            #expect(refused.status == 400)
            #expect(again.status == 400)
            #expect(again.body == refused.body)
            #expect(again.headers["x-ms-request-id"].count == 1)
            #expect(again.headers["x-ms-request-id"] != refused.headers["x-ms-request-id"])
            #expect(other.status == 200)
        }
    }

    @Test(
        "a refusal from a fault is replayed, throttling and server errors are not",
        arguments: [
            (409, 409), (429, 200), (401, 200), (503, 200),
        ]
    )
    func replayFaults(_ status: Int, _ next: Int) async throws {
        try await withEmulator(options: Self.open + #","runIds":"replayErrors""#) { emulator in
            try await emulator.setFaults(
                #"[{"route":"createRun","fault":"status","status":\#(status),"code":"X","times":1}]"#
            )
            let first = try await emulator.createRun(id: Self.id)
            let second = try await emulator.createRun(id: Self.id)

            #expect(first.status == status)
            #expect(second.status == next)
        }
    }

    @Test("other services forget a refusal")
    func noReplay() async throws {
        try await withEmulator(pipelines: Self.pipelines) { emulator in
            let refused = try await emulator.createRun(id: Self.id, #"{"n":"x"}"#)
            let again = try await emulator.createRun(id: Self.id, #"{"n":1}"#)

            #expect(refused.status == 400)
            #expect(again["runId"] as? String == Self.id)
        }
    }

    @Test("a hundred calls at once with one id start one run")
    func concurrent() async throws {
        try await withEmulator { emulator in
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await emulator.createRun(id: Self.id)["runId"] as? String }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }

            #expect(ids == [Self.id])
            #expect(try await emulator.runs().count == 1)
        }
    }
}
