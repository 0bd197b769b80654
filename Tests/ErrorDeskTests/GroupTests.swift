import ErrorDesk
import Foundation
import RabbitMQ
import Testing
import TriggerWorker

@Suite("Groups of entries", .timeLimit(.minutes(5)))
struct GroupTests {
    @Test("entries of one class, code and target are a group, the largest first, with its times")
    func grouping() async throws {
        let desk = try await Desk()
        try await desk.park("a", errorClass: "rejected", code: "NotFound")
        try await desk.park("b", headers: ["failed-at": "2026-11-24T03:00:00.250Z"])
        try await desk.park("c", headers: ["first-failed-at": "2026-11-23T00:00:00Z"])
        var groups = ErrorGroups()

        for entry in try await desk.entries() { groups.add(entry) }

        let sorted = groups.sorted
        #expect(sorted.map(\.ids) == [["b", "c"], ["a"]])
        #expect(sorted.map(\.errorClass) == ["unavailable", "rejected"])
        #expect(sorted[0].firstSeen == (try Date("2026-11-23T00:00:00Z", strategy: .iso8601)))
        #expect(sorted[0].lastSeen == (try Date("2026-11-24T03:00:00Z", strategy: .iso8601)) + 0.25)
    }

    @Test("a key does not change, nor with the case of a target, and differs where anything else does")
    func keys() async throws {
        let desk = try await Desk()
        let target = Desk.target.resourceID
        try await desk.park("a")
        try await desk.park("b", headers: ["target": .string(target.uppercased())])
        try await desk.park("c", headers: ["target": .string(target + "-2")])
        try await desk.park("d", code: "Other")
        try await desk.park("e", errorClass: "rejected")

        let keys = try await desk.entries().map(\.groupKey)

        #expect(keys[0] == keys[1])
        #expect(Set(keys).count == 4)
        // Operators note keys down, and scripts hold them.
        #expect(keys[0] == "52304c2a")
    }

    @Test("a selection means ids, a group or all, and tells what is not there")
    func selection() async throws {
        let desk = try await Desk()
        for id in ["a", "b", "c"] { try await desk.park(id) }
        let entries = try await desk.entries()
        let key = try #require(entries.first?.groupKey)

        #expect(try await desk.entries(.ids(["a", "c"])).map(\.id) == ["a", "c"])
        #expect(try await desk.entries(.group(key)).map(\.id) == entries.map(\.id))
        #expect(try await desk.entries(.group("other")).isEmpty)
        #expect(Selection.ids(["a", "x", "y"]).missing(from: entries) == "there is no entry x, y")
        #expect(Selection.group("other").missing(from: []) == "there is no group other")
        #expect(Selection.all.missing(from: []) == nil)
    }
}
