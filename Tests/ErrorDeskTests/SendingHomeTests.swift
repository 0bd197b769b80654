import ErrorDesk
import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing
import TriggerWorker

@Suite("Sending home and dropping", .timeLimit(.minutes(5)))
struct SendingHomeTests {
    @Test("what was agreed on goes home in order, and the rest stays in order")
    func inOrder() async throws {
        let desk = try await Desk()
        for number in 0..<200 { try await desk.park("m-\(number)", code: number.isMultiple(of: 3) ? "A" : "B") }
        let agreed = try await desk.entries().filter { $0.errorCode == "A" }

        let count = try await desk.desk.sendHome(agreed, .sample()) { _, _ in }

        #expect(count == 67)
        #expect(desk.ids(on: "requests") == agreed.map(\.id))
        try await eventually("the rest is given back") { desk.broker.unacknowledgedCount(in: "errors") == 0 }
        #expect(desk.ids(on: "errors") == (0..<200).filter { !$0.isMultiple(of: 3) }.map { "m-\($0)" })
    }

    @Test("an entry that has a run stays, with the run named, unless Data Factory is not asked")
    func existingRun() async throws {
        let desk = try await Desk()
        for id in ["a", "b"] { try await desk.park(id) }
        let run = RunIdentity.runID(for: RequestIdentity("a"), target: Desk.target)
        let agreed = try await desk.entries()
        var refusals: [String] = []
        func told(_ entry: ErrorEntry, _ homecoming: ErrorDesk.Homecoming) {
            if case .refused(let reason) = homecoming { refusals.append("\(entry.id): \(reason)") }
        }

        #expect(try await desk.desk.sendHome(agreed, .sample(ScriptedLookup(runs: [run])), told) == 1)
        #expect(refusals == ["a: run \(run) exists (Succeeded); --force sends it all the same"])
        #expect(desk.ids(on: "requests") == ["b"])
        #expect(try await desk.desk.sendHome(try await desk.entries(), .sample(nil)) { _, _ in } == 1)
        #expect(desk.ids(on: "requests") == ["b", "a"])
    }

    @Test("where Data Factory can't be asked nothing more is sent")
    func unknown() async throws {
        let desk = try await Desk()
        for id in ["a", "b"] { try await desk.park(id) }
        let agreed = try await desk.entries()

        let error = await #expect(throws: ErrorDeskError.self) {
            try await desk.desk.sendHome(agreed, .sample(ScriptedLookup(failure: "no network"))) { _, _ in }
        }

        #expect(error?.code == .service)
        #expect(error?.message.contains("about a: no network") == true)
        #expect(try await desk.entries().map(\.id) == ["a", "b"])
        #expect(desk.ids(on: "requests").isEmpty)
    }

    @Test("nothing is taken out that the request queue did not take")
    func fullOrMissing() async throws {
        let desk = try await Desk()
        try await desk.park("a")
        let agreed = try await desk.entries()
        try await desk.channel.deleteQueue("requests")

        let missing = await #expect(throws: ErrorDeskError.self) {
            try await desk.desk.sendHome(agreed, .sample()) { _, _ in }
        }
        try await desk.channel.declare(
            QueueDeclaration(name: "requests", arguments: ["x-max-length": 0, "x-overflow": "reject-publish"])
        )
        let full = await #expect(throws: ErrorDeskError.self) {
            try await desk.desk.sendHome(agreed, .sample()) { _, _ in }
        }

        #expect(missing?.code == .missingQueue)
        #expect(full?.code == .refused)
        #expect(try await desk.entries().map(\.id) == ["a"])
    }

    @Test("an entry that is another one by now stays: its place was taken after the question")
    func changed() async throws {
        let desk = try await Desk()
        try await desk.park("a")
        let agreed = try await desk.entries()
        try await desk.channel.purgeQueue("errors")
        try await desk.park("a", headers: ["failed-at": "2026-11-24T02:00:00.000Z"])

        #expect(try await desk.desk.sendHome(agreed, .sample()) { _, _ in } == 0)
        #expect(try await desk.desk.drop(agreed) { _ in } == 0)
        #expect(try await desk.entries().map(\.id) == ["a"])
    }

    @Test("what is dropped is gone, and nothing else")
    func drop() async throws {
        let desk = try await Desk()
        for number in 0..<100 { try await desk.park("m-\(number)") }
        let agreed = try await desk.entries(.ids(["m-3", "m-98"]))

        #expect(try await desk.desk.drop(agreed) { _ in } == 2)

        try await eventually("the rest is given back") { desk.broker.unacknowledgedCount(in: "errors") == 0 }
        #expect(desk.ids(on: "errors") == (0..<100).filter { ![3, 98].contains($0) }.map { "m-\($0)" })
    }

    @Test("of entries that are the same but for their bodies the one is taken that was meant")
    func twins() async throws {
        let desk = try await Desk()
        for text in ["one", "two", "six", "ten"] {
            _ = try await desk.channel.publish(Message(text), routingKey: "errors", isMandatory: true)
        }

        let second = try await desk.entries(.ids(["unnamed#2"]))
        #expect(try await desk.desk.drop(second) { _ in } == 1)
        let third = try await desk.entries(.ids(["unnamed#3"]))
        #expect(try await desk.desk.sendHome(third, .sample()) { _, _ in } == 1)

        try await eventually("the rest is given back") { desk.broker.unacknowledgedCount(in: "errors") == 0 }
        #expect(desk.broker.messages(in: "errors").map(\.text) == ["one", "six"])
        #expect(desk.broker.messages(in: "requests").map(\.text) == ["ten"])
    }

    @Test("twins whose bodies do not fit one round are all taken")
    func largeTwins() async throws {
        let desk = try await Desk()
        let body = Array(repeating: UInt8(ascii: "x"), count: 30 << 20)
        for _ in 0..<4 { try await desk.park("m") { $0.body = body } }

        #expect(try await desk.desk.drop(try await desk.entries()) { _ in } == 4)
    }

    @Test("what can't be served stays, and says why")
    func obstacles() async throws {
        let desk = try await Desk()
        try await desk.park("large") { $0.body = Array(repeating: 0x20, count: 1001) }
        try await desk.park("gone", headers: ["origin-body-dropped-bytes": 20_000_000])
        try await desk.park("often", errorClass: "rejected", headers: ["generation": 8])
        try await desk.park("last", errorClass: "rejected", headers: ["generation": 7])
        var told: [String] = []

        let count = try await desk.desk.sendHome(try await desk.entries(), .sample()) { entry, homecoming in
            if case .refused(let reason) = homecoming { told.append("\(entry.id): \(reason)") }
        }

        #expect(count == 1)
        #expect(told.count == 3)
        #expect(told[0].hasPrefix("large: its body has 1001 bytes and workers take 1000"))
        #expect(told[1].hasPrefix("gone: its body had 20000000 bytes and was not kept"))
        #expect(told[2].hasPrefix("often: it has been sent home 8 times"))
        #expect(desk.broker.messages(in: "requests").map { $0.properties.headers?["generation"] } == [8])
    }
}
