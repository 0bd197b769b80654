import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Bad requests are answered, parked and harm nobody", .timeLimit(.minutes(10)))
struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var body: String
        var errorClass: String
        var place: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "not JSON", body: "hello", errorClass: "malformed", place: "at byte 0"),
        Case(name: "empty", body: "", errorClass: "malformed", place: "is empty"),
        Case(
            name: "too large",
            body: #"{"target":"nightly-load","parameters":{"a":"\#(String(repeating: "x", count: 10 << 20))"}}"#,
            errorClass: "malformed",
            place: "262144"
        ),
        Case(
            name: "nested 10 000 deep",
            body: #"{"target":"nightly-load","parameters":{"a":\#(String(repeating: "[", count: 10_000))"#,
            errorClass: "malformed",
            place: "parameters.a"
        ),
        Case(
            name: "wrong type",
            body: #"{"target":{"pipeline":42}}"#,
            errorClass: "malformed",
            place: "target.pipeline: must be a string, not a number"
        ),
        Case(
            name: "unknown member",
            body: #"{"target":"nightly-load","paramters":{}}"#,
            errorClass: "malformed",
            place: "paramters"
        ),
        Case(
            name: "repeated member",
            body: #"{"target":"nightly-load","parameters":{"a":1,"a":2}}"#,
            errorClass: "malformed",
            place: "parameters.a"
        ),
        Case(
            name: "slash in a name",
            body: #"{"target":{"pipeline":"a/b"}}"#,
            errorClass: "invalid",
            place: "pipeline"
        ),
        Case(
            name: "dots in a name",
            body: #"{"target":{"factory":"..","pipeline":"p"}}"#,
            errorClass: "invalid",
            place: "factory"
        ),
        Case(
            name: "control character in a name",
            body: #"{"target":{"pipeline":"a\u0000b"}}"#,
            errorClass: "invalid",
            place: "pipeline"
        ),
        Case(
            name: "over-long name",
            body: #"{"target":{"pipeline":"\#(String(repeating: "p", count: 261))"}}"#,
            errorClass: "invalid",
            place: "pipeline"
        ),
        Case(
            name: "unknown alias",
            body: #"{"target":"no-such-alias"}"#,
            errorClass: "unknown-target",
            place: "no-such-alias"
        ),
        Case(
            name: "forbidden target",
            body: #"{"target":{"factory":"somebody-elses","pipeline":"p"}}"#,
            errorClass: "forbidden",
            place: "somebody-elses"
        ),
        Case(
            name: "past deadline",
            body: #"{"target":"nightly-load","deadline":"2020-01-01T00:00:00Z"}"#,
            errorClass: "expired",
            place: "2020-01-01"
        ),
        Case(
            name: "unknown pipeline",
            body: #"{"target":{"pipeline":"no-such-pipeline"}}"#,
            errorClass: "rejected",
            place: "does not exist"
        ),
    ]

    @Test("each kind of bad request gets its class and names the place, and the worker goes on")
    func badRequests() async throws {
        let stage = try await Stage("bad")
        let worker = try await stage.startWorker()

        for (index, bad) in Self.cases.enumerated() { try await stage.publish(bad.body, id: "bad-\(index)") }
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "good")

        let answers = try await stage.take(Self.cases.count + 1, from: "replies").map { try Answer($0) }
        let parked = try await stage.take(Self.cases.count, from: "errors")
        for (index, bad) in Self.cases.enumerated() {
            let answer = try #require(
                answers.first { $0.json["requestId"] as? String == "bad-\(index)" },
                "\(bad.name)"
            )
            let copy = try #require(parked.first { $0.message.properties.messageID == "bad-\(index)" }, "\(bad.name)")
            let headers = copy.message.properties.headers ?? [:]
            #expect(answer.status == "failed")
            #expect(answer.errorClass == bad.errorClass, "\(bad.name)")
            #expect(answer.errorMessage?.contains(bad.place) == true, "\(bad.name): \(answer.errorMessage ?? "")")
            #expect(headers["error-class"]?.text == bad.errorClass, "\(bad.name)")
            #expect(headers["error-message"]?.text == answer.errorMessage, "\(bad.name)")
            #expect(headers["origin-queue"]?.text == "\(stage.prefix).requests")
            #expect(headers["request-id"]?.text == "bad-\(index)")
            #expect(copy.message.body == Array(bad.body.utf8), "\(bad.name)")
        }
        #expect(answers.first { $0.json["requestId"] as? String == "good" }?.status == "started")
        #expect(try await stage.runs().count == 1)
        #expect(try await stage.ready("requests") == 0)
        #expect(worker.isRunning)
        try await worker.stop()
        try await stage.end()
    }

    @Test("what means something to the broker does not travel with an error copy, and is kept aside")
    func republishing() async throws {
        let stage = try await Stage("republish")
        let elsewhere = QueueDeclaration(name: "\(stage.prefix).elsewhere")
        _ = try await stage.channel.declare(elsewhere)
        let death: FieldValue = .array([.table(["queue": .string("\(stage.prefix).errors"), "reason": "expired"])])
        let worker = try await stage.startWorker()

        try await stage.publish("hello", id: "hostile") {
            $0.userID = "guest"
            $0.expiration = "60000"
            $0.headers = [
                "BCC": .array([.string(elsewhere.name)]), "x-death": death, "x-first-death-queue": "q", "mine": 7,
            ]
        }

        let copy = try #require(try await stage.take(1, from: "errors").first).message.properties
        #expect(copy.userID == nil)
        #expect(copy.expiration == nil)
        #expect(copy.deliveryMode == .persistent)
        #expect(copy.headers?["x-death"] == nil)
        #expect(copy.headers?["x-first-death-queue"] == nil)
        #expect(copy.headers?["origin-x-death"] == death)
        #expect(copy.headers?["origin-user-id"]?.text == "guest")
        #expect(copy.headers?["origin-expiration"]?.text == "60000")
        #expect(copy.headers?["mine"] == 7)
        // The publisher's own BCC made one copy when he published; the error copy must not have made another.
        _ = try await stage.take(1, from: "replies")
        #expect(try await stage.channel.status(ofQueue: elsewhere.name).readyCount == 1)
        try await stage.channel.deleteQueue(elsewhere.name)
        try await worker.stop()
        try await stage.end()
    }

    @Test("headers that leave no room for the diagnosis are dropped from the error copy, and the copy says so")
    func hugeHeaders() async throws {
        let stage = try await Stage("huge-headers")
        let worker = try await stage.startWorker()

        try await stage.publish("hello", id: "huge") {
            $0.headers = ["filler": .string(String(repeating: "x", count: 130_800))]
        }

        let copy = try #require(try await stage.take(1, from: "errors").first).message.properties
        #expect(copy.headers?["origin-headers-dropped"] == .bool(true))
        #expect(copy.headers?["filler"] == nil)
        #expect(copy.headers?["error-class"]?.text == "malformed")
        try await worker.stop()
        try await stage.end()
    }

    @Test("texts as long as a message can hold them are answered and parked all the same")
    func longTexts() async throws {
        let stage = try await Stage("long")
        let worker = try await stage.startWorker()
        let longName = String(repeating: "p", count: 200_000)
        let longID = String(repeating: "é", count: 127)

        try await stage.publish(#"{"target":{"pipeline":"\#(longName)"}}"#, id: "name")
        try await stage.publish(#"{"target":"\#(longName)"}"#, id: "alias")
        try await stage.publish(#"{"target":"nightly-load"}"#, id: longID)
        try await stage.publish(#"{"\#(longName)":1}"#, id: "member") {
            $0.headers = [
                "traceparent": .string(String(repeating: "0", count: 60_000)),
                "first-failed-at": .string(String(repeating: "1", count: 60_000)),
            ]
        }

        let answers = try await stage.take(4, from: "replies").map { try Answer($0) }
        let classes = Dictionary(uniqueKeysWithValues: answers.map { ($0.json["requestId"] as? String, $0.errorClass) })
        #expect(classes == ["name": "invalid", "alias": "unknown-target", "member": "malformed", longID: nil])
        let parked = try await stage.take(3, from: "errors")
        #expect(Set(parked.map { $0.message.properties.messageID }) == ["name", "alias", "member"])
        try await worker.stop()
        try await stage.end()
    }

    @Test("a message larger than is kept costs nobody the connection, and is refused with its size")
    func enormousBody() async throws {
        let stage = try await Stage("enormous")
        let worker = try await stage.startWorker()

        try await stage.publish(String(repeating: "x", count: 17 << 20), id: "enormous")
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "after")

        let answers = try await stage.take(2, from: "replies").map { try Answer($0) }
        let refused = try #require(answers.first { $0.json["requestId"] as? String == "enormous" })
        let copy = try #require(try await stage.take(1, from: "errors").first)
        #expect(refused.errorClass == "malformed")
        #expect(refused.errorMessage?.contains("\(17 << 20) bytes") == true)
        #expect(copy.message.properties.headers?["origin-body-dropped-bytes"]?.integer == 17 << 20)
        #expect(copy.message.body.isEmpty)
        #expect(!worker.errorsSoFar.contains("no broker"))
        try await worker.stop()
        try await stage.end()
    }

    @Test("while the error queue is missing the request is held, and goes on when the queue is there")
    func missingErrorQueue() async throws {
        let stage = try await Stage("no-errors", set: ["ADF_TRIGGER_TOPOLOGY_MODE": "none"])
        let worker = try await stage.startWorker()
        try await stage.channel.deleteQueue("\(stage.prefix).errors")

        try await stage.publish("hello", id: "held")
        try await eventually("the worker says what is missing") {
            worker.errorsSoFar.contains("a message can't be stored and is held")
        }
        #expect(try await stage.ready("replies") == 0)
        _ = try await Program.run("adf-trigger", ["topology", "declare"], environment: stage.environment)

        #expect(try await stage.take(1, from: "errors").count == 1)
        #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).errorClass == "malformed")
        try await worker.stop()
        try await stage.end()
    }

    @Test("a reply nobody takes is kept with its run id, and the request is done")
    func undeliverableReplies() async throws {
        let stage = try await Stage("undeliverable")
        let worker = try await stage.startWorker()
        let addresses = [
            "\(stage.prefix).never-declared",
            // Not of the broker's making; then of its making by shape only, which costs the connection (541); then gone.
            "amq.rabbitmq.reply-to.a.b", "amq.rabbitmq.reply-to.AAAA.BBBB",
        ]

        for (index, address) in addresses.enumerated() {
            try await stage.publish(#"{"target":"nightly-load"}"#, id: "lost-\(index)") { $0.replyTo = address }
        }

        let kept = try await stage.take(addresses.count, from: "undeliverable").map { try Answer($0) }
        let runs = try await stage.runs()
        #expect(Set(kept.map { $0.headers["origin-reply-to"]?.text }) == Set(addresses))
        #expect(kept.allSatisfy { $0.headers["error-class"]?.text == "reply-undeliverable" && $0.status == "started" })
        #expect(Set(kept.map { $0.headers["run-id"]?.text }) == Set(runs.map { $0.runId }))
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "after")
        #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).status == "started")
        try await worker.stop()
        try await stage.end()
    }

    @Test("a direct address for which the broker never answers costs nobody else, and is not asked for twice")
    func silentDirectAddress() async throws {
        let stage = try await Stage("silent")
        let worker = try await stage.startWorker()
        let evil = try await silentAddress(stage)

        for number in 0..<3 {
            try await stage.publish(#"{"target":"nightly-load"}"#, id: "evil-\(number)") { $0.replyTo = evil }
        }
        let honest = try await Program.run(
            "adf-trigger",
            ["send", "nightly-load", "--wait", "--timeout", "20"],
            environment: stage.environment
        )
        let kept = try await stage.take(3, from: "undeliverable").map { try Answer($0) }

        #expect(honest.code == 0, "\(honest.errors)")
        #expect(kept.contains { $0.headers["error-message"]?.text?.contains("does not say") == true })
        #expect(kept.allSatisfy { $0.status == "started" && $0.headers["origin-reply-to"]?.text == evil })
        try await worker.stop()
        try await stage.end()
    }

    /// An address as the broker makes them, but of a process that is no channel: the first of its node, which does
    /// not answer what it is asked.
    private func silentAddress(_ stage: Stage) async throws -> String {
        let channel = try await stage.connection.openChannel()
        try await channel.enableConfirms()
        let queue = "\(stage.prefix).address"
        _ = try await channel.declare(QueueDeclaration(name: queue))
        _ = try await channel.consume(
            "amq.rabbitmq.reply-to",
            consumerTag: "replies",
            mode: .automaticAcknowledgement
        )
        var message = Message(body: [])
        message.properties.replyTo = "amq.rabbitmq.reply-to"
        _ = try await channel.publish(message, routingKey: queue, isMandatory: true)
        let taken = try await stage.take(1, from: queue)
        try await channel.deleteQueue(queue)
        await channel.close()

        let prefix = "amq.rabbitmq.reply-to."
        let address = try #require(taken.first?.message.properties.replyTo)
        let parts = address.dropFirst(prefix.count).split(separator: ".")
        let encoded = String(try #require(parts.first))
        var process = try #require(Data(base64Encoded: encoded))
        // NEW_PID_EXT of Erlang's external term format: an atom, then the number, a serial and a creation of 4 bytes each.
        let number = process.count - 12
        process.replaceSubrange(number..<number + 8, with: Array(repeating: 0, count: 8))
        return "\(prefix)\(process.base64EncodedString()).\(try #require(parts.last))"
    }

    @Test("replies do not go to the worker's own queues or the broker's")
    func reservedReplyQueues() async throws {
        let stage = try await Stage("reserved")
        let worker = try await stage.startWorker()

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "own") { $0.replyTo = "adf.trigger.requests" }
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "broker") { $0.replyTo = "amq.topic" }
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "renamed") { $0.replyTo = "\(stage.prefix).errors" }

        let answers = try await stage.take(3, from: "replies").map { try Answer($0) }
        #expect(answers.map { $0.errorClass } == ["forbidden", "forbidden", "forbidden"])
        #expect(try await stage.take(3, from: "errors").allSatisfy { $0.message.properties.type == nil })
        #expect(try await stage.runs().isEmpty)
        try await worker.stop()
        try await stage.end()
    }
}
