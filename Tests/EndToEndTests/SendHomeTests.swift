import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Sending requests home", .timeLimit(.minutes(10)))
struct SendHomeTests {
    @Test("killed at ten random points over 500 entries: each is at home, at most once more per kill, with one run")
    func killed() async throws {
        let stage = try await Stage("home-killed")
        let ids = (0..<500).map { "k-\($0)" }
        for id in ids { try await stage.parkDirectly(id) }
        let arguments = ["errors", "send-home", "--all", "--yes"] + stage.configuration
        var kills = 0

        while kills < 10 {
            let program = try Program("adf-trigger", arguments, environment: stage.environment)
            let point = Int.random(in: 0..<60)
            try await eventually("it has sent \(point)", within: .seconds(120)) {
                let sent = program.outputSoFar.split(separator: "\n").count { $0.hasPrefix("sent home") }
                return sent >= point || !program.isRunning
            }
            guard program.isRunning else { break }
            program.signal(SIGKILL)
            _ = try await program.waitForExit()
            kills += 1
        }
        #expect(kills == 10)
        // Kills do not change the order of what is left.
        let left = try await stage.groups().flatMap(\.ids)
        #expect(!left.isEmpty && left == ids.suffix(left.count))
        let last = try await stage.errors(["send-home", "--all", "--yes"])
        #expect(last.code == 0, "\(last.errors)")

        #expect(try await stage.ready("errors") == 0)
        let count = try await stage.ready("requests")
        #expect((500...510).contains(count), "\(count)")
        let worker = try await stage.startWorker()
        let answers = try await stage.take(count, from: "replies", within: .seconds(120)).map { try Answer($0) }
        try await worker.stop()
        #expect(Set(answers.compactMap(\.properties.correlationID)) == Set(ids))
        #expect(answers.allSatisfy { $0.status == "started" })
        let runs = try await stage.runs()
        #expect(runs.count == 500)
        #expect(Set(runs.map(\.runId)).count == 500)
        try await stage.end()
    }

    @Test("a request that has a run stays, and show says what Data Factory says of it; forced, the run is adopted")
    func existingRun() async throws {
        let stage = try await Stage("home-existing")
        let worker = try await stage.startWorker()
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "x")
        _ = try await stage.take(1, from: "replies")
        let run = try #require(try await stage.runs().first?.runId)
        try await stage.parkDirectly("x", errorClass: "outcome-unknown")
        try await stage.parkDirectly("y", body: Array(#"{"target":"nightly-load","parameters":{"rate":1.10}}"#.utf8))

        let shown = try await stage.errors(["show", "x", "--json"])
        let text = try await stage.errors(["show", "y"])
        let refused = try await stage.errors(["send-home", "x", "--yes"])
        try await eventually("both are given back") { try await stage.ready("errors") == 2 }
        let forced = try await stage.errors(["send-home", "x", "--yes", "--force"])

        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("\"exists\" : true") && shown.output.contains("\"runId\" : \"\(run)\""))
        #expect(shown.output.contains("\"status\" : \""))
        #expect(text.code == 0, "\(text.errors)")
        #expect(text.output.contains(": no such run") && text.output.contains("      \"rate\": 1.10"), "\(text.output)")
        #expect(refused.code == 1)
        #expect(refused.output.contains("not sent x: run \(run) exists"), "\(refused.output)")
        #expect(forced.code == 0, "\(forced.errors)")
        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.runID == run)
        #expect(try await stage.runs().count == 1)
        try await worker.stop()
        try await stage.end()
    }

    @Test("a rejected request goes home in a new generation, which asks for another run; up to the eighth")
    func generations() async throws {
        let stage = try await Stage("home-generation")
        try await stage.setFaults(
            #"[{"route":"createRun","fault":"status","status":400,"code":"BadRequest","times":2}]"#
        )
        let worker = try await stage.startWorker()
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "g")
        _ = try await stage.take(1, from: "replies")
        try await stage.parkDirectly("old", errorClass: "rejected") { $0.headers?["generation"] = 8 }

        let first = try await stage.errors(["send-home", "g", "--yes"])
        let failed = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let second = try await stage.errors(["send-home", "g", "--yes"])
        let started = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let refused = try await stage.errors(["send-home", "--all", "--yes"])

        #expect(first.output.contains("sent home g in generation 1"), "\(first.output)\(first.errors)")
        #expect(failed.errorClass == "rejected")
        #expect(second.output.contains("sent home g in generation 2"), "\(second.output)\(second.errors)")
        #expect(started.status == "started")
        #expect(refused.code == 1)
        #expect(refused.output.contains("not sent old: it has been sent home 8 times"))
        #expect(try await stage.groups().flatMap(\.ids) == ["old"])
        #expect(try await stage.runs().count == 1)
        try await worker.stop()
        try await stage.end()
    }

    @Test("what must not travel with a copy does not, and the rest comes home and back again")
    func republishing() async throws {
        let stage = try await Stage("home-republish")
        let elsewhere = "\(stage.prefix).elsewhere"
        try await stage.channel.declare(QueueDeclaration(name: elsewhere))
        let requester = try await stage.connection.openChannel()
        try await requester.enableConfirms()
        _ = try await requester.consume(
            "amq.rabbitmq.reply-to",
            consumerTag: "direct",
            mode: .automaticAcknowledgement
        )
        var message = Message(body: Array(#"{"target":"later"}"#.utf8))
        message.properties.messageID = "p"
        message.properties.userID = "guest"
        message.properties.expiration = "600000"
        message.properties.replyTo = "amq.rabbitmq.reply-to"
        message.properties.headers = ["CC": .array([.string(elsewhere)]), "theirs": "kept"]
        _ = try await requester.publish(message, routingKey: "\(stage.prefix).requests", isMandatory: true)
        let worker = try await stage.startWorker()
        try await eventually("it is parked") { try await stage.ready("errors") == 1 }
        try await worker.stop()
        #expect(try await stage.ready("elsewhere") == 1)

        let home = try await stage.errors(["send-home", "p", "--yes"])

        #expect(home.code == 0, "\(home.output)\(home.errors)")
        #expect(try await stage.ready("elsewhere") == 1)
        let copy = try #require(try await stage.take(1, from: "requests").first).message
        let headers = try #require(copy.properties.headers)
        #expect(copy.properties.userID == nil && copy.properties.expiration == nil)
        #expect(copy.properties.replyTo?.hasPrefix("amq.rabbitmq.reply-to.") == true)
        #expect(headers["origin-user-id"] == "guest" && headers["origin-expiration"] == "600000")
        #expect(headers["theirs"] == "kept" && headers["first-failed-at"] != nil)
        #expect(headers["CC"] == nil && headers["error-class"] == nil && headers["generation"] == nil)
        try await stage.channel.deleteQueue(elsewhere)
        try await stage.end()
    }

    @Test("a request that was deferred, parked and sent home is deferred again and comes back")
    func deferredAgain() async throws {
        let stage = try await Stage("home-deferred")
        let throttled = #"{"route":"createRun","fault":"throttle","retryAfterSeconds":8,"times":1}"#
        try await stage.setFaults(
            "[\(throttled),{\"route\":\"createRun\",\"fault\":\"status\",\"status\":400,\"code\":\"BadRequest\",\"times\":1},\(throttled)]"
        )
        let hold = ["ADF_TRIGGER_WORKER_HOLD_SECONDS": "2"]
        let worker = try await stage.startWorker(set: hold)
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "d")
        let failed = try Answer(try #require(try await stage.take(1, from: "replies", within: .seconds(150)).first))
        #expect(failed.errorClass == "rejected")

        let home = try await stage.errors(["send-home", "d", "--yes"])

        #expect(home.code == 0, "\(home.output)\(home.errors)")
        let started = try Answer(try #require(try await stage.take(1, from: "replies", within: .seconds(150)).first))
        #expect(started.status == "started")
        #expect(try await stage.runs().count == 1)
        try await worker.stop()
        try await stage.end()
    }

    @Test("where Data Factory can't be asked nothing is sent, and the reason is told")
    func noAzure() async throws {
        let stage = try await Stage("home-azure", set: ["AZURE_CLIENT_SECRET": "wrong"])
        try await stage.parkDirectly("z")

        let refused = try await stage.errors(["send-home", "--all", "--yes"])
        let shown = try await stage.errors(["show", "z"])

        #expect(refused.code == 69)
        #expect(refused.errors.contains("could not be asked about z"), "\(refused.errors)")
        #expect(shown.code == 0)
        #expect(shown.output.contains("could not be asked:"), "\(shown.output)")
        try await eventually("it is given back") { try await stage.ready("errors") == 1 }
        #expect(try await stage.ready("requests") == 0)
        try await stage.end()
    }
}
