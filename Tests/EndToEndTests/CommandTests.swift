import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("The commands", .timeLimit(.minutes(10)))
struct CommandTests {
    @Test("send waits for the reply, prints it as JSON, and its exit code tells started from failed")
    func sendAndWait() async throws {
        let stage = try await Stage("send")
        let worker = try await stage.startWorker()
        let parameters = try stage.file("parameters.json", Array(#"{"rate": 1.10}"#.utf8))
        let body = try stage.file("body.bin", [0xFF, 0x00])

        let started = try await Program.run(
            "adf-trigger",
            [
                "send", "nightly-load", "--params-file", parameters, "--param", "batch=7", "--param", "note=a b",
                "--wait",
            ],
            environment: stage.environment
        )
        let failed = try await Program.run(
            "adf-trigger",
            ["send", "--body", body, "--wait"],
            environment: stage.environment
        )

        let reply = try #require(
            try JSONSerialization.jsonObject(with: Data(started.output.utf8)) as? [String: Any]
        )
        #expect(started.code == 0, "\(started.errors)")
        #expect(reply["status"] as? String == "started")
        #expect(reply["runId"] as? String == (try await stage.runs().first?.runId))
        #expect(
            String(decoding: try await stage.runsText(), as: UTF8.self)
                .contains(#""parameters":{"rate": 1.10,"batch":7,"note":"a b"}"#)
        )
        #expect(failed.code == 1)
        #expect(failed.output.contains(#""class":"malformed""#))
        #expect(failed.output.contains("not valid UTF-8"))
        try await worker.stop()
        try await stage.end()
    }

    @Test("send without --wait prints the message id; without a worker --wait ends after its time")
    func sendAlone() async throws {
        let stage = try await Stage("send-alone")

        let sent = try await Program.run(
            "adf-trigger",
            ["send", "nightly-load", "--message-id", "m-1"],
            environment: stage.environment
        )
        let waited = try await Program.run(
            "adf-trigger",
            ["send", "nightly-load", "--wait", "--timeout", "1"],
            environment: stage.environment
        )

        #expect(sent.code == 0)
        #expect(sent.output == "{\"messageId\":\"m-1\"}\n")
        #expect(waited.code == 69)
        #expect(waited.errors.contains("no reply"))
        #expect(try await stage.ready("requests") == 2)
        try await stage.end()
    }

    @Test("topology show lists what is there, and declare names the argument that differs")
    func topology() async throws {
        let stage = try await Stage("topology")
        let other = "\(stage.prefix).other"
        _ = try await stage.channel.declare(QueueDeclaration(name: other))

        let shown = try await Program.run(
            "adf-trigger",
            ["topology", "show", "--json"],
            environment: stage.environment
        )
        let missing = try await Program.run(
            "adf-trigger",
            ["topology", "show", "--set", "queues.errors=\(stage.prefix).none"],
            environment: stage.environment
        )
        let mismatch = try await Program.run(
            "adf-trigger",
            ["topology", "declare", "--set", "queues.errors=\(other)"],
            environment: stage.environment
        )

        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("\"x-delivery-limit\" : \"50\""))
        #expect(missing.code == 1)
        #expect(missing.output.contains("missing"))
        #expect(mismatch.code == 78)
        #expect(mismatch.errors.contains(other) && mismatch.errors.contains("x-queue-type"), "\(mismatch.errors)")
        try await stage.channel.deleteQueue(other)
        try await stage.end()
    }

    private static let emptyFile: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-empty").path
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return path
    }()

    static let faults: [(set: [String: String], code: Int32, text: String)] = [
        (["ADF_TRIGGER_AMQP_URL": ""], 78, "amqp.url (ADF_TRIGGER_AMQP_URL): is not set"),
        (["ADF_TRIGGER_AMQP_URL": "http://x"], 78, "scheme"),
        (["AZURE_CLIENT_SECRET": ""], 78, "azure.clientSecret"),
        (["ADF_TRIGGER_WORKER_CONCURRENCY": "many"], 78, "\"many\" is not a whole number"),
        (
            ["ADF_TRIGGER_WORKER_CONCURRENCY": "64", "ADF_TRIGGER_WORKER_PREFETCH": "8"], 78,
            "less than worker.concurrency"
        ),
        (["ADF_TRIGGER_TOPOLOGY_MODE": "yes"], 78, "declare, passive, none"),
        (["ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": "http://example.com"], 78, "https"),
        (["ADF_TRIGGER_QUEUES_ERRORS": "q", "ADF_TRIGGER_QUEUES_REPLIES": "q"], 78, "used twice"),
        (["ADF_TRIGGER_POLICY_ALLOW": "a/b"], 78, "policy.allow"),
        (["ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": "http://127.evil.example"], 78, "https"),
        (["ADF_TRIGGER_AZURE_WRITES_PER_SECOND": "1e-25"], 78, "0.001"),
        (["AZURE_CLIENT_SECRET": "", "ADF_TRIGGER_AZURE_CLIENT_SECRET_FILE": emptyFile], 78, "is empty"),
        (["ADF_TRIGGER_AMQP_URL_FILE": "/dev/null"], 78, "both directly and by a file"),
        (
            ["AZURE_CLIENT_SECRET": "", "ADF_TRIGGER_AZURE_CLIENT_SECRET_FILE": "/does/not/exist"], 78,
            "/does/not/exist"
        ),
    ]

    @Test("each fault of the configuration is named with its key, and all of them at once", arguments: faults.indices)
    func configurationFaults(index: Int) async throws {
        let fault = Self.faults[index]
        let complete = [
            "ADF_TRIGGER_AMQP_URL": "amqp://127.0.0.1:1", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c",
            "AZURE_CLIENT_SECRET": "s", "ADF_TRIGGER_AZURE_CREDENTIAL": "client-secret",
        ]

        let exit = try await Program.run("adf-trigger", ["work"], environment: complete.merging(fault.set) { $1 })

        #expect(exit.code == fault.code)
        #expect(exit.errors.contains(fault.text), "\(exit.errors)")
    }

    @Test("all faults are shown together; a misspelled setting and a secret on the command line are refused")
    func moreFaults() async throws {
        let nothing = try await Program.run(
            "adf-trigger",
            ["work"],
            environment: ["ADF_TRIGGER_AZURE_CREDENTIAL": "client-secret"]
        )
        let misspelled = try await Program.run("adf-trigger", ["work", "--set", "amqp.ulr=x"])
        let secret = try await Program.run("adf-trigger", ["work", "--set", "amqp.url=amqp://u:p@h"])
        let usage = try await Program.run("adf-trigger", ["send"])
        let unreachable = try await Program.run(
            "adf-trigger",
            ["send", "a"],
            environment: ["ADF_TRIGGER_AMQP_URL": "amqp://127.0.0.1:1"]
        )

        #expect(nothing.code == 78)
        #expect(nothing.errors.contains("amqp.url") && nothing.errors.contains("azure.tenantId"))
        #expect(misspelled.code == 78 && misspelled.errors.contains("no such setting"))
        #expect(secret.code == 78 && secret.errors.contains("visible to every user"))
        #expect(usage.code == 64)
        #expect(unreachable.code == 69 && unreachable.errors.contains("127.0.0.1:1"))
    }

    @Test("a configuration file is read, and a key it does not have is refused with its name")
    func configurationFile() async throws {
        let stage = try await Stage("file")
        let good = try stage.file(
            "good.json",
            Array(#"{"worker":{"concurrency":4},"targets":{"a":{"pipeline":"p"}}}"#.utf8)
        )
        let bad = try stage.file("bad.yaml", Array("worker:\n  concurency: 4\n".utf8))

        let badTarget = try stage.file("target.yaml", Array("targets:\n  a:\n    pipeline: x/y\n".utf8))

        let named = try await Program.run(
            "adf-trigger",
            ["work", "--config", badTarget],
            environment: stage.environment
        )
        let accepted = try await Program.run(
            "adf-trigger",
            ["topology", "show", "--config", good],
            environment: stage.environment
        )
        let refused = try await Program.run(
            "adf-trigger",
            ["topology", "show", "--config", bad],
            environment: stage.environment
        )

        #expect(accepted.code == 0, "\(accepted.errors)")
        #expect(refused.code == 78)
        #expect(refused.errors.contains("worker.concurency"))
        #expect(named.code == 78)
        #expect(named.errors.contains("targets.a: the target's pipeline contains"), "\(named.errors)")
        try await stage.end()
    }

    @Test("no secret is in any log, reply or process list, at any log level")
    func secrets() async throws {
        let stage = try await Stage("secrets", set: ["ADF_TRIGGER_LOG_LEVEL": "trace"])
        let worker = try await stage.startWorker()
        try await stage.publish(#"{"target":"nightly-load","parameters":{"batch":4711471147114711}}"#, id: "s")
        let reply = try #require(try await stage.take(1, from: "replies").first)
        try await stage.publish(#"{"target":"nightly-load","paramters":"4711471147114711"}"#, id: "u")
        let copy = try #require(try await stage.take(1, from: "errors").first)
        let failure = try #require(try await stage.take(1, from: "replies").first)
        let wrong = try await stage.startWorker(set: ["AZURE_CLIENT_SECRET": "another-secret-value"])
        try await worker.stop()
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "t")
        try await eventually("the refused credential is told of") { wrong.errorsSoFar.contains("intake paused") }

        let commandLine = try String(contentsOfFile: "/proc/\(wrong.id)/cmdline", encoding: .utf8)
        try await wrong.stop()
        #expect(wrong.errorsSoFar.contains("7000215"))
        for text in [
            worker.errorsSoFar, wrong.errorsSoFar, commandLine, String(decoding: reply.message.body, as: UTF8.self),
            String(decoding: failure.message.body, as: UTF8.self), "\(copy.message.properties)",
        ] {
            #expect(!text.isEmpty)
            for secret in [Stage.secret, "another-secret-value", "guest:guest", "Bearer ", "eyJ", "4711471147114711"] {
                #expect(!text.contains(secret))
            }
        }
        try await stage.end()
    }
}
