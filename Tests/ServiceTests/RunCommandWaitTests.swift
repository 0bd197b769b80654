import Foundation
import TestSupport
import Testing

/// `adf-trigger run --wait`.
@Suite("adf-trigger run --wait", .timeLimit(.minutes(5)))
struct RunCommandWaitTests {
    static let quickly = ["--wait", "--poll-seconds", "0.1"]

    @Test("the exit code is the run's: 0 where it succeeded")
    func succeeded() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "ingest-orders", "--wait", "--poll-seconds", "0.1")

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.status == "Succeeded")
        #expect(run.json["durationInMs"] as? Int == 500)
        #expect(run.json["runStart"] is String && run.json["runEnd"] is String)
        // No terminal, no progress.
        #expect(run.errors.isEmpty)
        try await stage.end()
    }

    @Test("a run that failed is 1, with Data Factory's reason")
    func failed() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "always-fails", "--wait", "--poll-seconds", "0.1")

        #expect(run.code == 1)
        #expect(run.status == "Failed")
        let message = try #require(run.json["message"] as? String)
        #expect(run.errors.contains("ended Failed: \(message)"), "\(run.errors)")
        try await stage.end()
    }

    @Test("a run that is cancelled is 1")
    func cancelled() async throws {
        let stage = try await RunCommandStage()
        let program = try stage.start(["run", "takes-long"] + Self.quickly)
        try await eventually("the run is seen") { try await stage.requests(of: "getRun") > 0 }
        let id = try #require(try await stage.runs().first?.runId)

        let cancel = try await stage.command("runs", "cancel", id)

        let run = try RunCommandStage.Ended(try await program.waitForExit())
        #expect(cancel.code == 0 && cancel.status == "cancel-requested", "\(cancel.errors)")
        #expect(run.code == 1)
        #expect(run.status == "Cancelled" && run.runID == id)
        try await stage.end()
    }

    @Test("an adopted run is followed too")
    func adopted() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"createRun","fault":"reset-after-commit","times":1}]"#)

        let run = try await stage.command("run", "ingest-orders", "--wait", "--poll-seconds", "0.1")

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.isAdopted == true && run.status == "Succeeded")
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test(
        "nothing that passes ends the wait",
        arguments: [
            #"{"route":"getRun","fault":"status","status":503,"times":2}"#,
            #"{"route":"getRun","fault":"throttle","retryAfterSeconds":1,"times":1}"#,
            #"{"route":"getRun","fault":"reset-before-commit","times":2}"#,
            #"{"route":"getRun","fault":"html","times":2}"#,
            #"{"route":"getRun","fault":"status","status":404,"code":"NotFound","times":2}"#,
        ]
    )
    func illService(fault: String) async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults("[\(fault)]")

        let run = try await stage.command("run", "ingest-orders", "--wait", "--poll-seconds", "0.1")

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.status == "Succeeded")
        try await stage.end()
    }

    @Test("a role that may start and not read ends the wait, and not as a failed run")
    func unreadable() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(
            #"[{"route":"getRun","fault":"status","status":403,"code":"AuthorizationFailed"}]"#
        )

        let run = try await stage.command("run", "ingest-orders", "--wait", "--poll-seconds", "0.1")

        #expect(run.code == 69)
        #expect(run.status == "started" && run.errorCode == "AuthorizationFailed")
        #expect(run.errors.contains("the run goes on"))
        try await stage.end()
    }

    @Test("the end of the time is not the end of the run")
    func timeout() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command(
            "run",
            "takes-long",
            "--wait",
            "--poll-seconds",
            "0.1",
            "--timeout",
            "2"
        )

        let made = try #require(try await stage.runs().first)
        #expect(run.code == 69)
        #expect(run.errorClass == "timed-out")
        #expect(["Queued", "InProgress"].contains(run.status))
        #expect(run.errors.contains("the run goes on; look with: adf-trigger runs show \(made.runId)"))
        #expect(["Queued", "InProgress"].contains(made.status))
        try await stage.end()
    }

    @Test("SIGINT ends the wait and not the run", arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func interrupted(signal: Int32, code: Int32) async throws {
        let stage = try await RunCommandStage()
        let program = try stage.start(
            ["run", "\(RunCommandStage.factoryID)/pipelines/takes-long"] + Self.quickly,
            set: ["ADF_TRIGGER_AZURE_DEFAULT_FACTORY": "adf-other"]
        )
        try await eventually("the run is seen") { try await stage.requests(of: "getRun") > 0 }

        program.signal(signal)

        let run = try RunCommandStage.Ended(try await program.waitForExit())
        let made = try #require(try await stage.runs().first)
        #expect(run.code == code)
        #expect(run.errorClass == "interrupted" && run.runID == made.runId)
        // The advice works where it is pasted: this run is not in the default factory.
        #expect(run.errors.contains("runs show \(made.runId) --factory '\(RunCommandStage.factoryID)'"))
        #expect(["Queued", "InProgress"].contains(made.status))
        try await stage.end()
    }

    @Test("on a terminal one line tells how it stands, and is gone at the end")
    func progress() async throws {
        let stage = try await RunCommandStage()
        let output = try stage.file("output.json", "")
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = URL(filePath: tests).deletingLastPathComponent().appending(path: "adf-trigger").path

        // The line is drawn twice a second, so the run goes on for longer than that when it is first seen.
        // `script` gives the command a terminal; what the command's standard error writes there it writes out.
        let exit = try await Program.run(
            "/usr/bin/script",
            ["-qec", "'\(program)' run takes-seconds --wait --poll-seconds 0.1 >'\(output)'", "/dev/null"],
            environment: stage.environment.merging(["TERM": "xterm"]) { $1 }
        )
        let dumb = try await Program.run(
            "/usr/bin/script",
            ["-qec", "'\(program)' run ingest-orders --wait --poll-seconds 0.1 >'\(output)'", "/dev/null"],
            environment: stage.environment.merging(["TERM": "dumb"]) { $1 }
        )

        let id = try #require(try await stage.runs().first?.runId)
        #expect(exit.code == 0, "\(exit.output)")
        #expect(exit.output.contains("\r\u{1B}[Krun \(id): "), "\(exit.output)")
        #expect(exit.output.hasSuffix("\r\u{1B}[K"))
        #expect(!exit.output.contains("\n"))
        #expect(dumb.code == 0 && dumb.output.isEmpty)
        try await stage.end()
    }
}
