import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("A request becomes a run and an answer", .timeLimit(.minutes(10)))
struct MainPathTests {
    @Test("an alias starts its pipeline, and its parameters arrive byte for byte")
    func aliasAndExactParameters() async throws {
        let stage = try await Stage("alias")
        let worker = try await stage.startWorker()
        let parameters = #"{"batch": 9007199254740993, "rate":1.10,"deep":{"a":[1,{"b":null}]}, "text":"é\u00e9"}"#

        try await stage.publish(#"{"target":"nightly-load","parameters":\#(parameters)}"#, id: "alias-1") {
            $0.correlationID = "my-correlation"
        }

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let runs = try await stage.runs()
        #expect(answer.status == "started")
        #expect(answer.json["requestId"] as? String == "alias-1")
        #expect(answer.json["identified"] as? Bool == true)
        #expect(answer.properties.correlationID == "my-correlation")
        #expect(answer.properties.contentType == "application/json")
        #expect(answer.properties.type == "adf.trigger.reply")
        #expect(answer.properties.deliveryMode == .persistent)
        #expect(answer.headers["outcome"]?.text == "started")
        #expect(runs.map { $0.runId } == [answer.runID])
        #expect(runs.first?.clientRequestId == answer.runID)
        #expect(String(decoding: try await stage.runsText(), as: UTF8.self).contains("\"parameters\":\(parameters)"))
        try await worker.stop()
        try await stage.end()
    }

    @Test("every form of a target is understood, and names are encoded for the URL")
    func targetForms() async throws {
        let stage = try await Stage("forms")
        let worker = try await stage.startWorker()
        let odd = "name with spaces (and [brackets])"

        try await stage.publish(#"{"target":{"pipeline":"\#(odd)"}}"#, id: "object")
        try await stage.publish(#"{"target":"\#(Stage.factoryID.lowercased())/pipelines/\#(odd)"}"#, id: "arm-id")

        let answers = try await stage.take(2, from: "replies").map { try Answer($0) }
        #expect(answers.allSatisfy { $0.status == "started" })
        #expect(try await stage.runs().map { $0.pipeline } == [odd, odd])
        try await worker.stop()
        try await stage.end()
    }

    @Test("the same message id is one run, whoever sends it how often")
    func repeatedRequest() async throws {
        let stage = try await Stage("repeat")
        let workers = [try await stage.startWorker(), try await stage.startWorker()]

        for _ in 1...5 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "same") }

        let answers = try await stage.take(5, from: "replies").map { try Answer($0) }
        let runs = try await stage.runs()
        #expect(runs.count == 1)
        #expect(Set(answers.map { $0.runID }) == [runs.first?.runId])
        for worker in workers { try await worker.stop() }
        try await stage.end()
    }

    @Test("a request without message id is served, and its reply says that it has no identity")
    func withoutIdentity() async throws {
        let stage = try await Stage("anonymous")
        let worker = try await stage.startWorker()

        try await stage.publish(#"{"target":"nightly-load"}"#, id: nil)

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        #expect(answer.json["identified"] as? Bool == false)
        try await worker.stop()
        try await stage.end()
    }

    @Test("the reply goes to the queue the requester names")
    func namedReplyQueue() async throws {
        let stage = try await Stage("reply-to")
        let worker = try await stage.startWorker()
        let own = QueueDeclaration(name: "\(stage.prefix).own")
        _ = try await stage.channel.declare(own)

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "own") { $0.replyTo = own.name }

        let answer = try Answer(try #require(try await stage.take(1, from: own.name).first))
        #expect(answer.status == "started")
        #expect(try await stage.ready("replies") == 0)
        try await stage.channel.deleteQueue(own.name)
        try await worker.stop()
        try await stage.end()
    }

    @Test("trace context travels from the request to the reply")
    func traceContext() async throws {
        let stage = try await Stage("trace")
        let worker = try await stage.startWorker()
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "traced") {
            $0.headers = ["traceparent": .string(traceparent)]
        }

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.headers["traceparent"]?.text == traceparent)
        try await worker.stop()
        try await stage.end()
    }

    @Test("the worker reaches its broker over TLS")
    func encryptedBroker() async throws {
        let stage = try await Stage("encrypted")
        let worker = try await stage.startWorker(set: ["ADF_TRIGGER_AMQP_URL": try TestBroker.encryptedURI()])

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "encrypted")

        #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).status == "started")
        try await worker.stop()
        try await stage.end()
    }

    @Test("a program that is not ours is served: amqp-publish, and pika with a reply queue of its own")
    func foreignPublishers() async throws {
        let stage = try await Stage("foreign")
        let worker = try await stage.startWorker()
        let uri = try TestBroker.uri()

        let shell = try await Program.run(
            "/usr/bin/amqp-publish",
            ["--url", uri, "-r", "\(stage.prefix).requests", "-b", #"{"target":"nightly-load"}"#]
        )
        let pika = try await Program.run("/usr/bin/python3", ["-c", Self.pikaScript, uri, "\(stage.prefix).requests"])

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        #expect(shell.code == 0, "\(shell.errors)")
        #expect(pika.code == 0, "\(pika.errors)")
        #expect(pika.output.contains(#""status":"started""#))
        #expect(try await stage.runs().count == 2)
        try await worker.stop()
        try await stage.end()
    }

    private static let pikaScript = """
        import sys, pika
        connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        properties = pika.BasicProperties(message_id="from-pika", correlation_id="c", reply_to=queue)
        channel.basic_publish("", sys.argv[2], b'{"target":"nightly-load","parameters":{"batch":7}}', properties)
        for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=30):
            assert method is not None and properties.correlation_id == "c"
            print(body.decode())
            break
        connection.close()
        """
}
