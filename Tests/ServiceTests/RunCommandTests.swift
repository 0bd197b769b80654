import Foundation
import TestSupport
import Testing

/// `adf-trigger run` up to the start of a run.
@Suite("adf-trigger run", .timeLimit(.minutes(5)))
struct RunCommandTests {
    @Test("a run is started without a broker, with the parameters as they were written")
    func started() async throws {
        let stage = try await RunCommandStage()
        let parameters = try stage.file("parameters.json", #"{"rate": 1.10}"#)

        let run = try await stage.command(
            "run",
            "ingest-orders",
            "--params-file",
            parameters,
            "--param",
            "batch=7",
            "--param",
            "note=a b"
        )

        let made = try #require(try await stage.runs().first)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.isEmpty)
        #expect(run.status == "started" && run.attempts == 1 && run.isAdopted == false)
        #expect(run.runID == made.runId && run.runID == made.clientRequestId)
        #expect(run.json["requestedRunId"] == nil)
        #expect(
            run.json["target"] as? [String: String] == [
                "subscriptionId": RunCommandStage.subscription, "resourceGroup": "rg-test", "factory": "adf-test",
                "pipeline": "ingest-orders",
            ]
        )
        #expect(try await stage.runsText().contains(#""parameters":{"rate": 1.10,"batch":7,"note":"a b"}"#))
        try await stage.end()
    }

    @Test("the target is an alias, an ARM id, or a pipeline of the default factory")
    func targets() async throws {
        let stage = try await RunCommandStage()
        let file = try stage.file(
            "config.yaml",
            "targets:\n  nightly-load:\n    pipeline: ingest-orders\n  other:\n    factory: adf-other\n    pipeline: elsewhere\n"
        )

        for target in [
            "nightly-load", "other", "name with spaces (and [brackets])",
            "\(RunCommandStage.factoryID)/pipelines/ingest-orders",
        ] {
            let run = try await stage.command("run", target, "--config", file)
            #expect(run.code == 0, "\(target): \(run.errors)")
        }

        let pipelines = try await stage.runs().map(\.pipeline)
        #expect(pipelines == ["ingest-orders", "elsewhere", "name with spaces (and [brackets])", "ingest-orders"])
        try await stage.end()
    }

    @Test("a recovery names the run, the activity or the failure to begin at")
    func recovery() async throws {
        let stage = try await RunCommandStage()
        let first = try await stage.command("run", "ingest-orders")
        let id = try #require(first.runID)

        let again = try await stage.command("run", "ingest-orders", "--reference-run", id)
        let activity = try await stage.command(
            "run",
            "ingest-orders",
            "--reference-run",
            id,
            "--recovery",
            "--start-activity",
            "Copy a+b"
        )
        let failure = try await stage.command(
            "run",
            "ingest-orders",
            "--reference-run",
            id,
            "--recovery",
            "--start-from-failure",
            "--param",
            "batch=2"
        )

        let runs = try await stage.runs()
        #expect([again.code, activity.code, failure.code] == [0, 0, 0])
        #expect(runs.map(\.referencePipelineRunId) == [nil, id, id, id])
        #expect(runs.map(\.isRecovery) == [nil, nil, true, true])
        #expect(runs.map(\.startActivityName) == [nil, nil, "Copy a+b", nil])
        #expect(runs.map(\.startFromFailure) == [nil, nil, nil, true])
        #expect(again.errors.isEmpty)
        #expect(failure.errors.contains("parameters of the referenced run"))
        try await stage.end()
    }

    static let refusals: [(arguments: [String], code: Int32, errorClass: String, errorCode: String, text: String)] = [
        (["ingest-orders", "--param", "batch=many"], 1, "rejected", "BadRequest", "declared Int"),
        (["no-such-pipeline"], 1, "rejected", "NotFound", "check the pipeline's name"),
        (
            ["\(RunCommandStage.factoryID)-none/pipelines/x"], 1, "rejected", "ResourceNotFound",
            "check subscription, resource group and factory"
        ),
        (["a/b"], 64, "invalid", "InvalidName", "contains \"/\""),
        (["/subscriptions/x"], 64, "invalid", "InvalidTarget", "ARM id of a pipeline"),
    ]

    @Test("what is refused is said on both outputs, and starts nothing", arguments: refusals.indices)
    func refused(index: Int) async throws {
        let refusal = Self.refusals[index]
        let stage = try await RunCommandStage()

        let exit = try await stage.start(["run"] + refusal.arguments).waitForExit()

        let run = try RunCommandStage.Ended(exit)
        #expect(run.code == refusal.code)
        #expect(run.status == "not-started" && run.runID == nil)
        #expect(run.errorClass == refusal.errorClass)
        #expect(run.errorCode == refusal.errorCode)
        #expect(run.errors.contains(refusal.text), "\(run.errors)")
        #expect(run.errors.contains(refusal.errorCode))
        #expect(run.errors.filter(\.isNewline).count == 1)
        #expect(try await stage.runs().isEmpty)
        try await stage.end()
    }

    @Test("the id Microsoft's support asks for is in the message and in the JSON")
    func requestID() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "no-such-pipeline")

        let error = try #require(run.json["error"] as? [String: Any])
        let id = try #require(error["azureRequestId"] as? String)
        #expect(UUID(uuidString: id) != nil)
        #expect(run.errors.contains("[x-ms-request-id \(id)]"))
        #expect(error["httpStatus"] as? Int == 404)
        try await stage.end()
    }

    @Test("a wrong secret is a fault of the configuration, and is not shown")
    func wrongSecret() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "ingest-orders", set: ["AZURE_CLIENT_SECRET": "another-secret"])

        #expect(run.code == 78)
        #expect(run.errorClass == "configuration" && run.status == "not-started")
        #expect(run.errors.contains("7000215") && run.errors.contains("azure.credential"), "\(run.errors)")
        #expect(!(run.errors + run.output).contains("another-secret"))
        try await stage.end()
    }

    @Test("without a default factory a bare name is refused with what to set")
    func noDefaults() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command(
            "run",
            "ingest-orders",
            set: ["ADF_TRIGGER_AZURE_DEFAULT_FACTORY": ""]
        )

        #expect(run.code == 78)
        #expect(run.errors.contains("azure.defaultFactory"), "\(run.errors)")
        try await stage.end()
    }

    static let usage: [(arguments: [String], text: String)] = [
        ([], "Missing expected argument"),
        (["x", "--param", "novalue"], "expected name=value"),
        (["x", "--params-file", "/does/not/exist"], "can't be read"),
        (["x", "--param", "a=1", "--param", "a=2"], "stands twice"),
        (["x", "--timeout", "0"], "--timeout must be"),
        (["x", "--poll-seconds", "0"], "--poll-seconds must be"),
        (["x", "--run-id", "7"], "expected a UUID"),
        (["x", "--recovery"], "--reference-run"),
        (["x", "--reference-run", "r", "--start-from-failure"], "--recovery"),
        (
            ["x", "--reference-run", "r", "--recovery", "--start-from-failure", "--start-activity", "a"],
            "either --start-activity"
        ),
    ]

    @Test("wrong usage ends with 64 and says what is wrong", arguments: usage.indices)
    func wrongUsage(index: Int) async throws {
        let exit = try await Program.run("adf-trigger", ["run"] + Self.usage[index].arguments)

        #expect(exit.code == 64)
        #expect(exit.errors.contains(Self.usage[index].text), "\(exit.errors)")
        #expect(exit.output.isEmpty)
    }
}
