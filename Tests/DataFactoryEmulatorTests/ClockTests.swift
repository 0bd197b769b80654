import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("The controllable clock", .timeLimit(.minutes(5)))
struct ClockTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    private static let manual = #","clock":"manual","writes":null,"reads":null"#

    private static func advance(_ emulator: EmulatorClient, _ seconds: String) async throws {
        let body = #"{"advanceSeconds":\#(seconds)}"#
        let reply = try await emulator.send(.POST, "/emulator/clock", body: body)
        try #require(reply.status == 200, "\(reply.body)")
    }

    @Test("a manual clock begins at the moment the emulator does, and moves only when told")
    func manual() async throws {
        let base = ManualClock()
        try await withEmulator(options: Self.manual, clock: base.clock) { emulator in
            base.advance(by: .seconds(3600))
            let before = try await emulator.send(.GET, "/emulator/clock")
            try await Self.advance(emulator, "1.5")
            let after = try await emulator.send(.GET, "/emulator/clock")

            #expect(before.body == #"{"now":"2026-11-22T20:00:00.0000000Z","clock":"manual","advancedSeconds":0.0}"#)
            #expect(after.body == #"{"now":"2026-11-22T20:00:01.5000000Z","clock":"manual","advancedSeconds":1.5}"#)
        }
    }

    @Test("a clock that goes by itself is put forward by what it is told")
    func system() async throws {
        let base = ManualClock()
        try await withEmulator(clock: base.clock) { emulator in
            try await Self.advance(emulator, "10")
            base.advance(by: .seconds(5))
            let reply = try await emulator.send(.GET, "/emulator/clock")

            #expect(reply.body == #"{"now":"2026-11-22T20:00:15.0000000Z","clock":"system","advancedSeconds":10.0}"#)
        }
    }

    @Test("a run goes through its life as the clock is put forward")
    func runLife() async throws {
        try await withEmulator(options: Self.manual) { emulator in
            _ = try await emulator.createRun(id: Self.id)
            var statuses: [String?] = []
            for step in ["0", "1", "8.999", "0.001"] {
                try await Self.advance(emulator, step)
                statuses.append(try await emulator.call(.GET, "pipelineruns/\(Self.id)")["status"] as? String)
            }

            #expect(statuses == ["Queued", "InProgress", "InProgress", "Succeeded"])
        }
    }

    @Test("a token ends when its time has been put forward")
    func tokens() async throws {
        try await withEmulator(options: Self.manual + #","tokenLifetimeSeconds":60"#) { emulator in
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            let token = try await emulator.token()
            try await Self.advance(emulator, "59")
            let good = try await emulator.send(.GET, path, token: token)
            try await Self.advance(emulator, "1")
            let ended = try await emulator.send(.GET, path, token: token)

            #expect(good.status == 200)
            #expect(ended.errorCode == "ExpiredAuthenticationToken")
        }
    }

    @Test("budgets refill as the clock is put forward, and only then")
    func budgets() async throws {
        let options = #","clock":"manual","writes":{"bucket":1,"perSecond":0.5},"reads":null"#
        try await withEmulator(options: options) { emulator in
            let statuses = try await [emulator.createRun().status, emulator.createRun().status]
            try await Self.advance(emulator, "2")

            #expect(statuses == [200, 429])
            #expect(try await emulator.createRun().status == 200)
        }
    }

    @Test("the query index, the memory for ids and a late commit follow the clock")
    func everythingElse() async throws {
        let options = Self.manual + #","queryLagSeconds":30,"dedupeSeconds":60"#
        try await withEmulator(options: options, clock: ManualClock().clock) { emulator in
            let query =
                #"{"lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-23T00:00:00Z"}"#
            func found() async throws -> Int? {
                let reply = try await emulator.call(.POST, "queryPipelineRuns", body: query)
                return (reply["value"] as? [Any])?.count
            }
            _ = try await emulator.createRun(id: Self.id)
            try await emulator.setFaults(#"[{"route":"createRun","fault":"commit-late","ms":50000,"times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.createRun() }

            let first = try await (found(), emulator.runs().count)
            try await Self.advance(emulator, "30")
            let second = try await (found(), emulator.runs().count)
            try await Self.advance(emulator, "20")
            let third = try await (found(), emulator.runs().count)
            try await Self.advance(emulator, "9")
            let repeated = try await emulator.createRun(id: Self.id)["runId"] as? String
            try await Self.advance(emulator, "1")
            let forgotten = try await emulator.createRun(id: Self.id)["runId"] as? String

            #expect(first == (0, 1))
            #expect(second == (1, 1))
            #expect(third == (1, 2))
            #expect(repeated == Self.id)
            #expect(forgotten != Self.id)
        }
    }

    @Test("a reset does not put the clock back")
    func reset() async throws {
        try await withEmulator(options: Self.manual, clock: ManualClock().clock) { emulator in
            try await Self.advance(emulator, "60")
            _ = try await emulator.send(.POST, "/emulator/reset")

            #expect(
                try await emulator.send(.GET, "/emulator/clock")["now"] as? String == "2026-11-22T20:01:00.0000000Z"
            )
        }
    }

    @Test(
        "a step that means nothing is refused by its path and changes nothing",
        arguments: [
            ("", "$"), ("{}", "$"), (#"{"advanceSeconds":-1}"#, "$.advanceSeconds"),
            (#"{"advanceSeconds":"1"}"#, "$.advanceSeconds"), (#"{"advanceSeconds":1e300}"#, "$.advanceSeconds"),
            (#"{"seconds":1}"#, "$.seconds"),
        ]
    )
    func refusals(_ body: String, _ path: String) async throws {
        try await withEmulator(options: Self.manual) { emulator in
            let reply = try await emulator.send(.POST, "/emulator/clock", body: body)

            #expect(reply.status == 400)
            #expect(reply.errorMessage?.hasPrefix("\(path): ") == true, "\(reply.body)")
            #expect(try await emulator.send(.GET, "/emulator/clock")["advancedSeconds"] as? Double == 0)
        }
    }

    @Test("the clock goes no further than a century")
    func century() async throws {
        try await withEmulator(options: Self.manual) { emulator in
            for _ in 0..<100 { try await Self.advance(emulator, "31536000") }
            let reply = try await emulator.send(.POST, "/emulator/clock", body: #"{"advanceSeconds":1}"#)

            #expect(reply.status == 400)
            #expect(reply.errorMessage?.contains("century") == true)
            #expect(try await emulator.createRun().status == 200)
        }
    }
}
