import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("The error desk", .timeLimit(.minutes(10)))
struct ErrorDeskTests {
    @Test("60 requests of which 20 fail for two causes: one is mended and sent home, the other dropped")
    func story() async throws {
        let stage = try await Stage("desk-story")
        let worker = try await stage.startWorker()
        for number in 0..<60 {
            let body =
                switch number % 15 {
                case 0, 5, 10: #"{"target":"hourly-load"}"#
                case 7, 12: #"{"target":{"pipeline":"no-such-pipeline"}}"#
                default: #"{"target":"nightly-load"}"#
                }
            try await stage.publish(body, id: "r-\(number)")
        }
        _ = try await stage.take(60, from: "replies")
        try await worker.stop()

        let groups = try await stage.groups()
        try #require(groups.map(\.count) == [12, 8])
        #expect(
            groups.map { "\($0.class) \($0.code)" } == ["unknown-target UnknownAlias", "rejected NotFound"]
        )
        #expect(Set(groups[0].ids) == Set((0..<60).filter { [0, 5, 10].contains($0 % 15) }.map { "r-\($0)" }))
        #expect(groups[1].target.hasSuffix("/pipelines/no-such-pipeline"))
        let table = try await stage.errors(["list"])
        #expect(table.output.contains(groups[0].key) && table.output.contains("20 entries"), "\(table.output)")

        // Mended: the alias is configured now.
        let mended = try stage.file(
            "mended.yaml",
            Array(
                "targets:\n  nightly-load:\n    pipeline: ingest-orders\n  hourly-load:\n    pipeline: ingest-orders\n"
                    .utf8
            )
        )
        let home = try await stage.errors(["send-home", "--group", groups[0].key, "--yes", "--config", mended])
        #expect(home.code == 0, "\(home.errors)")
        #expect(home.output.hasSuffix("12 of 12 sent home\n"))
        let dropped = try await stage.errors(["drop", "--group", groups[1].key, "--yes"])
        #expect(dropped.code == 0, "\(dropped.errors)")
        #expect(dropped.output.hasSuffix("8 of 8 dropped\n"))

        let again = try Program("adf-trigger", ["work", "--config", mended], environment: stage.environment)
        let answers = try await stage.take(12, from: "replies").map { try Answer($0) }
        #expect(Set(answers.compactMap(\.properties.correlationID)) == Set(groups[0].ids))
        #expect(answers.allSatisfy { $0.status == "started" }, "\(answers.map { ($0.json, $0.headers) })")
        try await again.stop()
        #expect(try await stage.groups().isEmpty)
        #expect(try await stage.ready("errors") == 0)
        let runs = try await stage.runs()
        #expect(runs.count == 52)
        #expect(Set(runs.map(\.runId)).count == 52)
        try await stage.end()
    }

    @Test("looking twenty times, and being killed while looking, changes neither order nor number")
    func reading() async throws {
        let stage = try await Stage("desk-reading")
        let ids = (0..<150).map { "e-\($0 % 140)" }
        for id in ids { try await stage.parkDirectly(id) }
        let shown = ids.enumerated().map { index, id in index < 140 ? id : "\(id)#2" }

        for number in 0..<10 {
            let listed = try await stage.groups()
            #expect(listed.flatMap(\.ids) == shown)
            let one = try await stage.errors(["show", shown[(number * 37) % 150], "--json"])
            #expect(one.code == 0, "\(one.errors)")
            #expect(one.output.contains("\"id\" : \"\(shown[(number * 37) % 150])\""))
        }
        let killed = try Program("adf-trigger", ["errors", "list"], environment: stage.environment)
        try await eventually("it reads") { try await stage.ready("errors") < 150 || !killed.isRunning }
        killed.signal(SIGKILL)

        let left = try await stage.take(150, from: "errors")
        #expect(left.map(\.message.properties.messageID) == ids)
        #expect(left.allSatisfy { ($0.message.properties.headers?["x-delivery-count"]?.integer ?? 0) >= 20 })
        try await stage.end()
    }

    @Test("every second one of 2000 is dropped at once, and none of them comes back")
    func dropping() async throws {
        let stage = try await Stage("desk-dropping")
        for number in 0..<2000 {
            try await stage.parkDirectly(
                "d-\(number)",
                errorClass: number.isMultiple(of: 2) ? "rejected" : "unavailable"
            )
        }
        let group = try #require(try await stage.groups().first { $0.class == "rejected" })

        let dropped = try await stage.errors(["drop", "--group", group.key, "--yes"])

        #expect(dropped.code == 0, "\(dropped.errors)")
        #expect(dropped.output.hasSuffix("1000 of 1000 dropped\n"))
        #expect(try await stage.groups().map(\.ids) == [(0..<1000).map { "d-\(2 * $0 + 1)" }])
        try await stage.end()
    }

    @Test("10 000 entries are listed without keeping their bodies")
    func large() async throws {
        let stage = try await Stage("desk-large")
        let body = Array(repeating: UInt8(ascii: "x"), count: 16 << 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<100 {
                group.addTask {
                    for number in 0..<100 { try await stage.parkDirectly("\(part)-\(number)", body: body) }
                }
            }
            try await group.waitForAll()
        }

        let program = try Program("adf-trigger", ["errors", "list", "--json"], environment: stage.environment)
        var peak = 0
        try await eventually("it has ended", within: .seconds(120)) {
            peak = max(peak, peakMemory(of: program.id))
            return !program.isRunning
        }
        let exit = try await program.waitForExit()

        #expect(exit.code == 0, "\(exit.errors)")
        #expect(exit.output.contains("\"count\" : 10000"))
        // The bodies alone are 160 MiB.
        #expect(peak > 1 && peak < 140, "\(peak) MiB")
        try await eventually("all is given back") { try await stage.ready("errors") == 10_000 }
        try await stage.end()
    }

    /// In MiB.
    private func peakMemory(of process: Int32) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 / 1024 } ?? 0
    }

    @Test("a second operator is told so and changes nothing; so is one whose question is not answered")
    func oneAtATime() async throws {
        let stage = try await Stage("desk-second")
        try await stage.parkDirectly("e")
        let other = try await stage.connection.openChannel()
        try await other.setPrefetch(1)
        let holder = ConsumerDeclaration(queue: "\(stage.prefix).errors", consumerTag: "first", isExclusive: true)
        _ = try await other.consume(holder)

        let listed = try await stage.errors(["list"])
        let sent = try await stage.errors(["send-home", "--all", "--yes", "--force"])
        await other.close()
        // What a command of the desk holds while it works.
        let lock = try await Connection.open(try ConnectionConfiguration(uri: TestBroker.uri()))
        try await lock.openChannel().declare(
            QueueDeclaration(name: "\(stage.prefix).errors.desk", isDurable: false, isExclusive: true)
        )
        let locked = try await stage.errors(["list"])
        await lock.close()
        let unanswered = try await stage.errors(["drop", "--all"])
        let unknown = try await stage.errors(["drop", "e", "nobody", "--yes"])

        #expect(listed.code == 69)
        #expect(listed.errors.contains("another operator"), "\(listed.errors)")
        #expect(sent.code == 69)
        #expect(locked.code == 69 && locked.errors.contains("another operator"), "\(locked.errors)")
        #expect(unanswered.code == 1)
        #expect(unanswered.output.contains("1 entry") && unanswered.errors.contains("nothing was done"))
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("there is no entry nobody"))
        #expect(try await stage.groups().flatMap(\.ids) == ["e"])
        try await stage.end()
    }

    @Test("where a policy would let reading use up the queue, it is not read")
    func lowDeliveryLimit() async throws {
        try await BrokerNode.with { node in
            let stage = try await Stage("desk-policy", uri: node.uri)
            try await stage.parkDirectly("e")
            #expect(try await stage.errors(["list"]).code == 0)
            try await node.control(
                "set_policy",
                "requests",
                "^test\\.desk",
                #"{"delivery-limit":20}"#,
                "--apply-to",
                "queues"
            )

            for _ in 0..<3 {
                let refused = try await stage.errors(["list"])
                #expect(refused.code == 78)
                #expect(refused.errors.contains("given back 21 times"), "\(refused.errors)")
            }

            try await node.control("clear_policy", "requests")
            let listed = try await stage.errors(["list"])
            #expect(listed.code == 0, "\(listed.errors)")
            #expect(listed.output.contains("1 entry"))
            let other = "\(stage.prefix).low"
            let low: FieldTable = ["x-queue-type": "quorum", "x-delivery-limit": 5]
            try await stage.channel.declare(QueueDeclaration(name: other, arguments: low))
            let declared = try await stage.errors(["list", "--set", "queues.errors=\(other)"])
            #expect(declared.code == 78)
            #expect(declared.errors.contains("x-delivery-limit is 5"), "\(declared.errors)")
            let missing = try await stage.errors(["list", "--set", "queues.errors=\(stage.prefix).none"])
            #expect(missing.code == 78)
            #expect(missing.errors.contains("does not exist"))

            // A broker that is short of memory can be looked at, though it takes no message.
            try await node.control("set_vm_memory_high_watermark", "0.000001")
            let alarmed = try await stage.errors(["list"])
            try await node.control("set_vm_memory_high_watermark", "0.4")
            #expect(alarmed.code == 0, "\(alarmed.errors)")
            #expect(alarmed.output.contains("1 entry") && alarmed.errors.contains("could not be checked"))
            try await stage.end()
        }
    }
}

struct ErrorGroupReport: Decodable {
    var key: String
    var `class`: String
    var code: String
    var target: String
    var count: Int
    var firstSeen: String?
    var lastSeen: String?
    var ids: [String]
}

extension Stage {
    static let pipelineID = "\(factoryID)/pipelines/ingest-orders"

    /// Runs a command of the error desk.
    func errors(_ arguments: [String]) async throws -> Program.Exit {
        let file = arguments.contains("--config") ? [] : configuration
        return try await Program.run("adf-trigger", ["errors"] + arguments + file, environment: environment)
    }

    /// What `errors list --json` shows.
    func groups() async throws -> [ErrorGroupReport] {
        let exit = try await errors(["list", "--json"])
        guard exit.code == 0 else { throw NeverHappened(description: "the errors were listed: \(exit.errors)") }
        return try JSONDecoder().decode([String: [ErrorGroupReport]].self, from: Data(exit.output.utf8))["groups"] ?? []
    }

    /// Puts an error copy on the error queue, as a worker would have.
    func parkDirectly(
        _ id: String?,
        errorClass: String = "unavailable",
        body: [UInt8] = Array(#"{"target":"nightly-load"}"#.utf8),
        change: (inout MessageProperties) -> Void = { _ in }
    ) async throws {
        var message = Message(body: body)
        message.properties.messageID = id
        message.properties.contentType = "application/json"
        message.properties.deliveryMode = .persistent
        message.properties.headers = [
            "error-class": .string(errorClass), "error-code": "Tested", "error-message": "for a test",
            "failed-at": "2026-11-24T01:00:00.000Z", "first-failed-at": "2026-11-24T01:00:00.000Z", "attempts": 1,
            "target": .string(Self.pipelineID), "request-id": .string(id ?? "unnamed"),
        ]
        change(&message.properties)
        let outcome = try await channel.publish(message, routingKey: "\(prefix).errors", isMandatory: true)
        guard case .confirmed = outcome else { throw NeverHappened(description: "the copy was taken: \(outcome)") }
    }
}
