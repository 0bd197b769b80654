import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Concurrency and the queue", .timeLimit(.minutes(5)))
struct QueueTests {
    private static let pipelines = """
        {"name":"one","durationSeconds":10,"concurrency":1},{"name":"two","durationSeconds":10,"concurrency":2},
        {"name":"instant","durationSeconds":0,"concurrency":1},{"name":"free","durationSeconds":10}
        """
    private static let open = #","writes":null,"reads":null"#
    private static let throttled = "Pipeline execution throttled."

    private static func start(_ emulator: EmulatorClient, _ pipeline: String, _ count: Int) async throws -> [String] {
        var ids: [String] = []
        for _ in 0..<count {
            ids.append(try #require(try await emulator.createRun(pipeline)["runId"] as? String))
        }
        return ids
    }

    private static func statuses(_ emulator: EmulatorClient) async throws -> [String?] {
        try await emulator.runs().map { $0["status"] as? String }
    }

    @Test("a run waits for the one before it, and begins the moment that one ends")
    func waits() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            let ids = try await Self.start(emulator, "one", 3)
            clock.advance(by: .seconds(9))
            let working = try await Self.statuses(emulator)
            clock.advance(by: .seconds(3))
            let next = try await Self.statuses(emulator)
            clock.advance(by: .seconds(18))
            let last = try await emulator.call(.GET, "pipelineruns/\(ids[2])")

            #expect(working == ["InProgress", "Queued", "Queued"])
            #expect(next == ["Succeeded", "InProgress", "Queued"])
            #expect(last["status"] as? String == "Succeeded")
            #expect(last["runStart"] as? String == "2026-11-22T20:00:00.0000000Z")
            #expect(last["runEnd"] as? String == "2026-11-22T20:00:30.0000000Z")
            #expect(last["durationInMs"] as? Int == 30_000)
        }
    }

    @Test("as many run together as the pipeline allows, and other pipelines are not held up")
    func together() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            _ = try await Self.start(emulator, "two", 3)
            _ = try await Self.start(emulator, "free", 1)
            clock.advance(by: .seconds(5))
            let early = try await Self.statuses(emulator)
            // The third of "two" got its place at 10 s.
            clock.advance(by: .milliseconds(14_999))
            let late = try await Self.statuses(emulator)
            clock.advance(by: .milliseconds(1))

            #expect(early == ["InProgress", "InProgress", "Queued", "InProgress"])
            #expect(late == ["Succeeded", "Succeeded", "InProgress", "Succeeded"])
            #expect(try await Self.statuses(emulator).allSatisfy { $0 == "Succeeded" })
        }
    }

    @Test("runs of no duration pass through a queue within one moment")
    func instant() async throws {
        try await withEmulator(pipelines: Self.pipelines, clock: ManualClock().clock) { emulator in
            _ = try await Self.start(emulator, "instant", 5)

            #expect(try await Self.statuses(emulator).allSatisfy { $0 == "Succeeded" })
        }
    }

    @Test("beyond a hundred waiting runs a start is refused, leaves nothing behind, and succeeds later")
    func overflow() async throws {
        let clock = ManualClock()
        let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            _ = try await Self.start(emulator, "one", 101)
            let refused = try await emulator.createRun("one", id: id)
            let other = try await emulator.createRun("two")
            let absent = try await emulator.call(.GET, "pipelineruns/\(id)")
            clock.advance(by: .seconds(10))
            let later = try await emulator.createRun("one", id: id)

            #expect(refused.status == 400)
            #expect(refused.errorCode == "BadRequest")
            #expect(refused.errorMessage?.hasPrefix(Self.throttled) == true)
            #expect(refused.errorMessage?.contains("100 runs") == true)
            #expect(other.status == 200)
            #expect(absent.status == 404)
            #expect(later["runId"] as? String == id)
        }
    }

    @Test("where the scenario has it so, a run that finds the queue full fails at once and takes no place")
    func overflowFails() async throws {
        let clock = ManualClock()
        let options = Self.open + #","queueLimit":1,"queueOverflow":"fail""#
        try await withEmulator(pipelines: Self.pipelines, options: options, clock: clock.clock) { emulator in
            let ids = try await Self.start(emulator, "one", 3)
            let failed = try await emulator.call(.GET, "pipelineruns/\(ids[2])")
            clock.advance(by: .seconds(20))

            #expect(failed["status"] as? String == "Failed")
            #expect((failed["message"] as? String)?.hasPrefix(Self.throttled) == true)
            #expect(failed["durationInMs"] as? Int == 0)
            #expect(try await Self.statuses(emulator) == ["Succeeded", "Succeeded", "Failed"])
        }
    }

    @Test("with no queue at all a pipeline refuses what it cannot run")
    func noQueue() async throws {
        let clock = ManualClock()
        try await withEmulator(
            pipelines: Self.pipelines,
            options: Self.open + #","queueLimit":0"#,
            clock: clock.clock
        ) { emulator in
            _ = try await Self.start(emulator, "one", 1)

            #expect(try await emulator.createRun("one").status == 400)
            clock.advance(by: .seconds(10))
            #expect(try await emulator.createRun("one").status == 200)
        }
    }

    @Test("a cancelled run that waits never works, and makes room in the queue at once")
    func cancelWaiting() async throws {
        let clock = ManualClock()
        let options = Self.open + #","queueLimit":2"#
        try await withEmulator(pipelines: Self.pipelines, options: options, clock: clock.clock) { emulator in
            let ids = try await Self.start(emulator, "one", 3)
            _ = try await emulator.call(.POST, "pipelineruns/\(ids[1])/cancel")
            let roomAgain = try await emulator.createRun("one")
            let cancelling = try await Self.statuses(emulator)
            clock.advance(by: .seconds(15))
            let next = try await Self.statuses(emulator)

            #expect(roomAgain.status == 200)
            #expect(cancelling == ["Queued", "Canceling", "Queued", "Queued"])
            #expect(next == ["Succeeded", "Cancelled", "InProgress", "Queued"])
        }
    }

    @Test("a cancelled run that works gives its place up when it is cancelled for good, and once only")
    func cancelWorking() async throws {
        let clock = ManualClock()
        try await withEmulator(pipelines: Self.pipelines, clock: clock.clock) { emulator in
            let ids = try await Self.start(emulator, "one", 3)
            // At 9 s, so that the end it would have had and the one it gets, at 10 s, are one moment.
            clock.advance(by: .seconds(9))
            for _ in 0..<2 { _ = try await emulator.call(.POST, "pipelineruns/\(ids[0])/cancel") }
            clock.advance(by: .milliseconds(999))
            let before = try await Self.statuses(emulator)
            clock.advance(by: .seconds(2))
            let after = try await Self.statuses(emulator)

            #expect(before == ["Canceling", "Queued", "Queued"])
            #expect(after == ["Cancelled", "InProgress", "Queued"])
        }
    }

    @Test("a factory refuses what is beyond its limit, whatever the pipeline, until a run ends")
    func factoryLimit() async throws {
        let clock = ManualClock()
        let json = """
            {"writes":null,"reads":null,"factories":[{"subscriptionId":"\(EmulatorClient.subscription)",
            "resourceGroup":"rg","name":"adf","runLimit":3,"pipelines":[\(Self.pipelines)]}]}
            """
        try await withEmulator(scenario: json, clock: clock.clock) { emulator in
            // Two of one pipeline, of which one waits, and one of another.
            let ids = try await Self.start(emulator, "one", 2) + Self.start(emulator, "free", 1)
            let refused = try await emulator.createRun("free")
            _ = try await emulator.call(.POST, "pipelineruns/\(ids[1])/cancel")
            let accepted = try await emulator.createRun("free")
            let refusedAgain = try await emulator.createRun("free")
            clock.advance(by: .seconds(10))
            let later = try await emulator.createRun("free")

            #expect(refused.status == 400)
            #expect(refused.errorMessage?.contains("limit of 3") == true)
            #expect(accepted.status == 200)
            #expect(refusedAgain.status == 400)
            #expect(later.status == 200)
        }
    }

    @Test("a pipeline shows its concurrency")
    func shown() async throws {
        try await withEmulator(pipelines: Self.pipelines) { emulator in
            let limited = try await emulator.call(.GET, "pipelines/two")["properties"] as? [String: Any]
            let free = try await emulator.call(.GET, "pipelines/free")["properties"] as? [String: Any]

            #expect(limited?["concurrency"] as? Int == 2)
            #expect(free != nil)
            #expect(free?["concurrency"] == nil)
        }
    }
}
