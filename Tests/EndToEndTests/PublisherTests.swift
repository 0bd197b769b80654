import Foundation
import RabbitMQ
import TestSupport
import Testing
import TriggerWorker

@Suite("Publishers with logins of their own", .timeLimit(.minutes(10)))
struct PublisherTests {
    private static let target = Target(
        subscriptionID: Stage.subscription,
        resourceGroup: "rg-test",
        factory: "adf-test",
        pipeline: "ingest-orders"
    )

    private static func runID(_ name: String, of publisher: String?, generation: Int = 0) -> String {
        RunIdentity.runID(for: RequestIdentity(name, of: publisher), target: target, generation: generation)
    }

    /// The next answers, by who published what they answer.
    private static func answers(_ count: Int, _ stage: Stage) async throws -> [String: Answer] {
        let answers = try await stage.take(count, from: "replies", within: .seconds(120)).map { try Answer($0) }
        return Dictionary(answers.map { ($0.json["publisher"] as? String ?? "", $0) }, uniquingKeysWith: { $1 })
    }

    private static let scope = ["ADF_TRIGGER_REQUESTS_IDENTITY_SCOPE": "user-id"]

    @Test("of two publishers who both count, each has runs of its own: at once, put back, and sent home")
    func scope() async throws {
        try await BrokerNode.with { node in
            let users = try await Users(node, "alice", "bob", "ops")
            let set = Self.scope.merging(
                ["ADF_TRIGGER_WORKER_HOLD_SECONDS": "2", "ADF_TRIGGER_REQUESTS_TRUSTED_USERS": "guest,ops"]
            ) { $1 }
            let stage = try await Stage("publishers", set: set, uri: node.uri)
            let worker = try await stage.startWorker()
            func publish(_ name: String) async throws {
                for user in ["alice", "bob"] { try await users.publish(name, as: user, stage) }
            }
            func check(_ answers: [String: Answer], _ name: String, generation: Int = 0) {
                for user in ["alice", "bob"] {
                    #expect(answers[user]?.runID == Self.runID(name, of: user, generation: generation), "\(user)")
                }
            }

            try await publish("1")
            check(try await Self.answers(2, stage), "1")

            // Throttled for longer than they are held, both go to the delay queue.
            try await stage.setFaults(#"[{"route":"createRun","fault":"throttle","retryAfterSeconds":4,"times":2}]"#)
            try await publish("2")
            check(try await Self.answers(2, stage), "2")
            #expect(worker.errorsSoFar.contains("\"request.postponed\":\"throttled\""))
            try await users.publish("2", as: "alice", stage)
            #expect(try await Self.answers(1, stage)["alice"]?.json["adopted"] as? Bool == true)

            try await stage.setFaults(
                #"[{"route":"createRun","fault":"status","status":400,"code":"BadRequest","times":2}]"#
            )
            try await publish("3")
            #expect(try await Self.answers(2, stage).values.allSatisfy { $0.errorClass == "rejected" })
            #expect(try await stage.groups().flatMap(\.ids) == ["3", "3#2"])
            let shown = try await stage.errors(["show", "3#2", "--json"])
            #expect(
                ["alice", "bob"].contains { shown.output.contains("\"publisher\" : \"\($0)\"") },
                "\(shown.output)"
            )
            let home = try await Program.run(
                "adf-trigger",
                ["errors", "send-home", "--all", "--yes"] + stage.configuration,
                environment: stage.environment.merging(["ADF_TRIGGER_AMQP_URL": users.uri("ops")]) { $1 }
            )
            #expect(home.code == 0, "\(home.output)\(home.errors)")
            check(try await Self.answers(2, stage), "3", generation: 1)

            #expect(try await stage.runs().count == 6)
            try await worker.stop()
            try await stage.end()
            await users.close()
        }
    }

    @Test("who published a request is the broker's word: a header says nothing, at whatever queue it is put in")
    func forged() async throws {
        try await BrokerNode.with { node in
            let users = try await Users(node, "alice", "mallory")
            let stage = try await Stage("forged", set: Self.scope, uri: node.uri)
            let worker = try await stage.startWorker()
            func forge(_ name: String, on queue: String, userID: String?) async throws {
                try await users.publish(name, as: "mallory", stage, on: queue) {
                    $0.userID = userID
                    $0.headers = ["origin-user-id": "alice", "error-class": "unavailable", "error-code": "Forged"]
                }
            }

            for (index, userID) in ["mallory", nil].enumerated() {
                try await forge("\(index)", on: "requests", userID: userID)
                try await forge("\(index + 2)", on: "delay.5", userID: userID)
                try await forge("\(index + 4)", on: "errors", userID: userID)
            }
            let early = try await stage.take(4, from: "replies").map { try Answer($0) }
            let home = try await stage.errors(["send-home", "4", "5", "--yes", "--force"])
            #expect(home.code == 0, "\(home.output)\(home.errors)")
            let late = try await stage.take(2, from: "replies").map { try Answer($0) }
            await #expect(throws: (any Error).self) { try await forge("6", on: "requests", userID: "alice") }

            let answers = early + late
            #expect(Set(answers.compactMap { $0.json["requestId"] as? String }) == Set((0..<6).map { "\($0)" }))
            #expect(answers.allSatisfy { $0.json["publisher"] == nil && $0.json["identified"] as? Bool == false })
            #expect(answers.allSatisfy { $0.errorMessage?.contains("set the property user-id") == true })
            #expect(try await stage.runs().isEmpty)
            for name in 0..<6 { try await users.publish("\(name)", as: "alice", stage) }
            let served = try await stage.take(6, from: "replies").map { try Answer($0) }
            #expect(served.allSatisfy { $0.json["adopted"] as? Bool == false })
            #expect(served.allSatisfy { $0.json["publisher"] as? String == "alice" })
            try await worker.stop()
            try await stage.end()
            await users.close()
        }
    }

    @Test("a pipeline that some may start is started for them alone, also after a delay and by send")
    func restricted() async throws {
        try await BrokerNode.with { node in
            let users = try await Users(node, "alice", "mallory")
            let stage = try await Stage("restricted", set: ["ADF_TRIGGER_WORKER_HOLD_SECONDS": "2"], uri: node.uri)
            let file = try stage.file(
                "restricted.yaml",
                Array("targets:\n  nightly-load:\n    pipeline: ingest-orders\n    publishers: [alice]\n".utf8)
            )
            let worker = try Program("adf-trigger", ["work", "--config", file], environment: stage.environment)
            let byID = #"{"target":"\#(Stage.pipelineID)"}"#
            func refused() async throws -> String? {
                let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
                #expect(answer.errorClass == "forbidden" && answer.headers["outcome"]?.text == "refused")
                return answer.errorMessage
            }

            try await stage.setFaults(#"[{"route":"createRun","fault":"throttle","retryAfterSeconds":4,"times":1}]"#)
            try await users.publish("a", as: "alice", stage)
            let reply = try #require(try await stage.take(1, from: "replies", within: .seconds(120)).first)
            let started = try Answer(reply)
            #expect(started.status == "started" && started.runID == Self.runID("a", of: nil))
            #expect(worker.errorsSoFar.contains("\"request.postponed\":\"throttled\""))
            for name in ["a", "m"] {
                try await users.publish(name, as: "mallory", stage)
                #expect(try await refused()?.contains("user \"mallory\" may not start") == true)
            }
            try await users.publish("id", as: "mallory", stage, body: byID)
            #expect(try await refused()?.contains("publishers") == true)
            try await users.publish("forged", as: "mallory", stage) { $0.headers = ["origin-user-id": "alice"] }
            _ = try await refused()
            try await users.publish("nobody", as: "mallory", stage) { $0.userID = nil }
            #expect(try await refused()?.contains("set the property user-id") == true)

            func send(_ user: String) async throws -> Int32 {
                try await Program.run(
                    "adf-trigger",
                    ["send", "nightly-load", "--wait", "--config", file],
                    environment: stage.environment.merging(["ADF_TRIGGER_AMQP_URL": users.uri(user)]) { $1 }
                ).code
            }
            #expect(try await send("alice") == 0)
            #expect(try await send("mallory") == 1)
            #expect(try await stage.runs().count == 2)
            try await worker.stop()
            try await stage.end()
            await users.close()
        }
    }

    @Test("a worker that logs in by certificate marks its copies by the name it is told; its error copies keep names")
    func certificate() async throws {
        let uri = try TestBroker.encryptedURI(
            "auth_mechanism=external",
            "certfile=\(try TestBroker.tlsFile("guest.pem"))",
            "keyfile=\(try TestBroker.tlsFile("guest.key"))"
        ).replacing("guest:guest@", with: "")
        let set = Self.scope.merging(
            [
                "ADF_TRIGGER_WORKER_HOLD_SECONDS": "2", "ADF_TRIGGER_AMQP_USER": "guest",
                "ADF_TRIGGER_REQUESTS_IDENTITY": "header:job",
            ]
        ) { $1 }
        let stage = try await Stage("certificate", set: set)
        let worker = try await stage.startWorker(set: ["ADF_TRIGGER_AMQP_URL": uri])
        func publish(_ body: String, _ headers: FieldTable) async throws {
            try await stage.publish(body, id: nil) {
                $0.userID = "guest"
                $0.headers = headers
            }
        }

        try await stage.setFaults(#"[{"route":"createRun","fault":"throttle","retryAfterSeconds":4,"times":1}]"#)
        try await publish(#"{"target":"nightly-load"}"#, ["job": 7])
        let started = try #require(try await Self.answers(1, stage)["guest"])
        #expect(started.runID == Self.runID("7", of: "guest"))
        #expect(worker.errorsSoFar.contains("\"request.postponed\":\"throttled\""))
        #expect(worker.errorsSoFar.contains("\"request.publisher\":\"guest\""))

        // All of its headers do not fit beside the diagnosis.
        try await publish("hello", ["job": "8", "filler": .string(String(repeating: "x", count: 130_800))])
        let copy = try #require(try await stage.take(1, from: "errors").first).message.properties
        #expect(copy.headers?["origin-headers-dropped"] == .bool(true))
        #expect(copy.headers?["job"] == "8" && copy.headers?["origin-user-id"] == "guest" && copy.userID == "guest")
        try await worker.stop()
        try await stage.end()
    }

    @Test("a worker told a wrong name says so, answers nobody, and keeps everything")
    func wrongName() async throws {
        let stage = try await Stage("wrong-name", set: Self.scope)
        let worker = try await stage.startWorker(set: ["ADF_TRIGGER_AMQP_USER": "somebody"])

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "1") { $0.userID = "guest" }
        try await eventually("it says what is wrong") { worker.errorsSoFar.contains("set amqp.user to that") }
        #expect(worker.errorsSoFar.contains("authenticated user was 'guest'"))
        try await eventually("the run is started") { try await stage.runs().count == 1 }
        for queue in ["replies", "undeliverable"] { #expect(try await stage.ready(queue) == 0) }
        worker.signal(SIGKILL)
        _ = try await worker.waitForExit()

        let mended = try await stage.startWorker()
        let answer = try #require(try await Self.answers(1, stage)["guest"])
        #expect(answer.json["adopted"] as? Bool == true)
        #expect(try await stage.runs().count == 1)
        try await mended.stop()
        try await stage.end()
    }
}

/// Users of a node, each with a connection.
private final class Users: Sendable {
    private let node: BrokerNode
    private let channels: [String: Channel]
    private let connections: [Connection]

    /// Creates them.
    init(_ node: BrokerNode, _ names: String...) async throws {
        self.node = node
        // Each call of rabbitmqctl costs a second.
        try await node.eval(
            names.map { name in
                """
                rabbit_auth_backend_internal:add_user(<<"\(name)">>, <<"\(name)">>, <<"test">>),
                rabbit_auth_backend_internal:set_permissions(<<"\(name)">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>)
                """
            }.joined(separator: ",\n") + "."
        )
        var channels: [String: Channel] = [:]
        var connections: [Connection] = []
        for name in names {
            let connection = try await Connection.open(try ConnectionConfiguration(uri: Self.uri(name, node)))
            connections.append(connection)
            channels[name] = try await connection.openChannel()
            try await channels[name]?.enableConfirms()
        }
        self.channels = channels
        self.connections = connections
    }

    func uri(_ name: String) -> String { Self.uri(name, node) }

    private static func uri(_ name: String, _ node: BrokerNode) -> String {
        node.uri.replacing("guest:guest", with: "\(name):\(name)")
    }

    func publish(
        _ id: String,
        as user: String,
        _ stage: Stage,
        on queue: String = "requests",
        body: String = #"{"target":"nightly-load"}"#,
        change: (inout MessageProperties) -> Void = { _ in }
    ) async throws {
        var message = Message(body: Array(body.utf8))
        message.properties.messageID = id
        message.properties.userID = user
        message.properties.deliveryMode = .persistent
        change(&message.properties)
        let outcome = try await channels[user]?.publish(
            message,
            routingKey: "\(stage.prefix).\(queue)",
            isMandatory: true
        )
        guard case .confirmed? = outcome else {
            throw NeverHappened(description: "the request was taken: \(String(describing: outcome))")
        }
    }

    func close() async {
        for connection in connections { await connection.close() }
    }
}
