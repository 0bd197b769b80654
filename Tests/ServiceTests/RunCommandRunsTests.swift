import Foundation
import TestSupport
import Testing

/// `adf-trigger runs`.
@Suite("adf-trigger runs", .timeLimit(.minutes(5)))
struct RunCommandRunsTests {
    @Test("show prints where a run stands, with its parameters")
    func show() async throws {
        let stage = try await RunCommandStage()
        let run = try await stage.command(
            "run",
            "ingest-orders",
            "--param",
            "batch=7",
            "--wait",
            "--poll-seconds",
            "0.1"
        )
        let id = try #require(run.runID)

        let shown = try await stage.command("runs", "show", id)

        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.runID == id && shown.status == "Succeeded")
        #expect(shown.json["pipeline"] as? String == "ingest-orders")
        #expect((shown.json["parameters"] as? [String: String])?["batch"] == "7")
        #expect(shown.json["durationInMs"] as? Int == 500)
        try await stage.end()
    }

    @Test(
        "the factory is an ARM id, an alias, a name, or the default",
        arguments: [
            [], ["--factory", "adf-test"], ["--factory", RunCommandStage.factoryID],
            ["--factory", "\(RunCommandStage.factoryID)/pipelines/any"], ["--factory", "nightly-load"],
        ]
    )
    func factories(arguments: [String]) async throws {
        let stage = try await RunCommandStage()
        let file = try stage.file("config.yaml", "targets:\n  nightly-load:\n    pipeline: ingest-orders\n")
        let id = try #require(try await stage.command("run", "takes-long").runID)

        let shown = try RunCommandStage.Ended(
            try await stage.start(["runs", "show", id, "--config", file] + arguments).waitForExit()
        )
        let elsewhere = try await stage.command("runs", "show", id, "--factory", "adf-other")

        #expect(shown.code == 0 && shown.runID == id, "\(shown.errors)")
        #expect(elsewhere.code == 1 && elsewhere.errorClass == "not-found")
        try await stage.end()
    }

    @Test("an unknown run is 1, for show and for cancel", arguments: ["show", "cancel"])
    func unknown(command: String) async throws {
        let stage = try await RunCommandStage()
        let id = "01234567-89ab-cdef-0123-456789abcdef"

        let ended = try await stage.command("runs", command, id)

        #expect(ended.code == 1)
        #expect(ended.errorClass == "not-found" && ended.runID == id)
        #expect(ended.errors.contains("there is no run \(id)"), "\(ended.errors)")
        try await stage.end()
    }

    @Test("cancel is asked again where the service is ill, and the run is cancelled")
    func cancel() async throws {
        let stage = try await RunCommandStage()
        let id = try #require(try await stage.command("run", "takes-long").runID)
        try await stage.setFaults(#"[{"route":"cancelRun","fault":"gateway-timeout","times":1}]"#)

        let cancel = try await stage.command("runs", "cancel", id, "--recursive")

        #expect(cancel.code == 0, "\(cancel.errors)")
        try await eventually("the run is cancelled") {
            try await stage.command("runs", "show", id).status == "Cancelled"
        }
        try await stage.end()
    }

    @Test("the time is over at its end: 69")
    func timeout() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"getRun","fault":"hang"}]"#)

        let shown = try await stage.command(
            "runs",
            "show",
            "01234567-89ab-cdef-0123-456789abcdef",
            "--timeout",
            "1"
        )

        #expect(shown.code == 69)
        #expect(shown.errorClass == "timed-out")
        try await stage.end()
    }

    static let faults: [(arguments: [String], code: Int32, text: String)] = [
        (["--factory", "/x"], 64, "ARM id of a factory"),
        (["--factory", "a_b"], 64, "factory contains"),
        ([], 78, "give --factory"),
    ]

    @Test("a factory that can't be is refused with the mend", arguments: faults.indices)
    func wrongFactory(index: Int) async throws {
        let fault = Self.faults[index]
        let stage = try await RunCommandStage()

        let ended = try RunCommandStage.Ended(
            try await stage.start(
                ["runs", "show", "01234567-89ab-cdef-0123-456789abcdef"] + fault.arguments,
                set: fault.code == 78 ? ["ADF_TRIGGER_AZURE_DEFAULT_FACTORY": ""] : [:]
            ).waitForExit()
        )

        #expect(ended.code == fault.code)
        #expect(ended.errors.contains(fault.text), "\(ended.errors)")
        try await stage.end()
    }
}
