import Foundation
import TestSupport
import Testing

/// `adf-trigger run` where the service is ill: one run or an honest word, never two.
@Suite("adf-trigger run, with faults", .timeLimit(.minutes(5)))
struct RunCommandFaultTests {
    @Test(
        "what was certainly not started is asked for again",
        arguments: [
            #"{"route":"createRun","fault":"throttle","retryAfterSeconds":1,"times":1}"#,
            #"{"route":"token","fault":"status","status":503,"times":2}"#,
        ]
    )
    func repeated(fault: String) async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults("[\(fault)]")

        let run = try await stage.command("run", "ingest-orders")

        #expect(run.code == 0, "\(run.errors)")
        #expect((run.attempts ?? 0) > 1)
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("a wait that is longer than the time given is not begun")
    func longThrottle() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"createRun","fault":"throttle","retryAfterSeconds":372}]"#)

        let run = try await stage.command("run", "ingest-orders", "--timeout", "60")

        #expect(run.code == 69)
        #expect(run.errorClass == "unavailable" && run.status == "not-started" && run.attempts == 1)
        #expect(run.errors.contains("in 372 s"), "\(run.errors)")
        try await stage.end()
    }

    // The emulator is told to start a run for every POST, so that a second one would be seen.
    @Test(
        "a run whose answer was lost is found, and not started again",
        arguments: ["gateway-timeout-after-commit", "reset-after-commit", "truncated-body-after-commit"]
    )
    func adopted(fault: String) async throws {
        let stage = try await RunCommandStage(scenario: #""dedupeSeconds":0"#)
        try await stage.setFaults(#"[{"route":"createRun","fault":"\#(fault)","times":1}]"#)

        let run = try await stage.command("run", "ingest-orders")

        let runs = try await stage.runs()
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.isAdopted == true && run.status == "started")
        #expect(runs.map(\.runId) == [run.runID])
        try await stage.end()
    }

    @Test("a success without a readable id is not asked for again, also where the run can't be found by our id")
    func acceptedUnderAnotherID() async throws {
        let stage = try await RunCommandStage(scenario: #""runIds":"server""#)
        try await stage.setFaults(#"[{"route":"createRun","fault":"garbled-body-after-commit","times":1}]"#)

        let run = try await stage.command("run", "ingest-orders")

        #expect(run.code == 69, "\(run.errors)")
        #expect(run.errorClass == "outcome-unknown" && run.status == "unknown" && run.attempts == 1)
        #expect(run.errors.contains("do not start it again"), "\(run.errors)")
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("a run that appears late is waited for, and not started again")
    func late() async throws {
        let stage = try await RunCommandStage(scenario: #""dedupeSeconds":0"#)
        try await stage.setFaults(#"[{"route":"createRun","fault":"commit-late","ms":1500,"times":1}]"#)

        let run = try await stage.command(
            "run",
            "ingest-orders",
            set: ["ADF_TRIGGER_AZURE_WINDOW_SECONDS": "30"]
        )

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.isAdopted == true && run.attempts == 1)
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test(
        "a request that was lost is made again when it can't have an effect any more",
        arguments: ["gateway-timeout", "reset-before-commit", "html"]
    )
    func lost(fault: String) async throws {
        let stage = try await RunCommandStage(scenario: #""dedupeSeconds":0"#)
        try await stage.setFaults(#"[{"route":"createRun","fault":"\#(fault)","times":1}]"#)

        let run = try await stage.command("run", "ingest-orders")

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.isAdopted == false && run.attempts == 2)
        #expect(try await stage.runs().map(\.runId) == [run.runID])
        try await stage.end()
    }

    @Test("an outcome that stays unknown is said so, and the command can be repeated with the same run id")
    func unknown() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"createRun","fault":"gateway-timeout"}]"#)

        let unknown = try await stage.command(
            "run",
            "ingest-orders",
            "--timeout",
            "2",
            set: ["ADF_TRIGGER_AZURE_WINDOW_SECONDS": "75"]
        )
        let id = try #require(unknown.runID)
        try await stage.setFaults("[]")
        let repeated = try await stage.command("run", "ingest-orders", "--run-id", id)
        let again = try await stage.command("run", "ingest-orders", "--run-id", id.uppercased())

        #expect(unknown.code == 69)
        #expect(unknown.status == "unknown" && unknown.errorClass == "outcome-unknown")
        #expect(unknown.errors.contains("adf-trigger runs show \(id)"), "\(unknown.errors)")
        #expect(unknown.errors.contains("--run-id \(id)"))
        #expect(repeated.code == 0 && repeated.runID == id && repeated.isAdopted == false)
        #expect(again.code == 0 && again.runID == id && again.isAdopted == true && again.attempts == 0)
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("without an answer in time the outcome is unknown, not a failure")
    func hanging() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)

        let run = try await stage.command("run", "ingest-orders", "--timeout", "1")

        #expect(run.code == 69)
        #expect(run.status == "unknown" && run.runID != nil)
        try await stage.end()
    }

    @Test("nothing is asked for again where the run can't be looked for")
    func blind() async throws {
        let stage = try await RunCommandStage(scenario: #""dedupeSeconds":0"#)
        try await stage.setFaults(
            #"""
            [{"route":"createRun","fault":"gateway-timeout-after-commit"},
             {"route":"getRun","fault":"status","status":403,"code":"AuthorizationFailed"}]
            """#
        )

        let run = try await stage.command("run", "ingest-orders")

        #expect(run.code == 69)
        #expect(run.status == "unknown" && run.attempts == 1)
        #expect(try await stage.runs().map(\.runId) == [run.runID])
        try await stage.end()
    }

    @Test("a repeated command that can't look for the run of the first says that it may exist")
    func blindRepetition() async throws {
        let stage = try await RunCommandStage()
        let first = try await stage.command("run", "ingest-orders")
        let id = try #require(first.runID)
        try await stage.setFaults(
            #"[{"route":"getRun","fault":"status","status":403,"code":"AuthorizationFailed"}]"#
        )

        let repeated = try await stage.command("run", "ingest-orders", "--run-id", id)

        #expect(repeated.code == 69)
        #expect(repeated.status == "unknown" && repeated.errorClass == "outcome-unknown")
        #expect(repeated.errorCode == "AuthorizationFailed")
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("an answer that breaks off after its status 200 means a run, and nothing is asked for again")
    func brokenOffSuccess() async throws {
        // The run has an id of the service's own, so the look-up finds nothing.
        let stage = try await RunCommandStage(scenario: #""runIds":"server""#)
        try await stage.setFaults(#"[{"route":"createRun","fault":"truncated-body-after-commit","times":1}]"#)

        let run = try await stage.command("run", "ingest-orders")

        #expect(run.code == 69)
        #expect(run.status == "unknown" && run.attempts == 1)
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("the run id of another pipeline is refused")
    func foreignRunID() async throws {
        let stage = try await RunCommandStage()
        let other = try await stage.command("run", "takes-long")
        let id = try #require(other.runID)

        let run = try await stage.command("run", "ingest-orders", "--run-id", id)

        #expect(run.code == 1)
        #expect(run.errorCode == "RunIDInUse" && run.status == "not-started")
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }

    @Test("a run id that Data Factory did not use is pointed out")
    func anotherRunID() async throws {
        let stage = try await RunCommandStage(scenario: #""runIds":"server""#)

        let run = try await stage.command("run", "ingest-orders")

        let made = try #require(try await stage.runs().first)
        #expect(run.code == 0)
        #expect(run.runID == made.runId)
        #expect(run.json["requestedRunId"] as? String == made.clientRequestId)
        #expect(run.errors.contains("did not use the run id"))
        try await stage.end()
    }

    @Test("SIGINT before the answer says that a run may exist")
    func interrupted() async throws {
        let stage = try await RunCommandStage()
        try await stage.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)
        let program = try stage.start(["run", "ingest-orders"])
        try await eventually("createRun is asked") { try await stage.requests(of: "createRun") > 0 }

        program.signal(SIGINT)

        let run = try RunCommandStage.Ended(try await program.waitForExit())
        #expect(run.code == 130)
        #expect(run.status == "unknown" && run.errors.contains("may have been started"))
        try await stage.end()
    }
}
