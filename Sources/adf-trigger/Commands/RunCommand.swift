internal import ArgumentParser
internal import AzureIdentity
internal import DataFactory
internal import Foundation
internal import NIOConcurrencyHelpers
internal import TriggerWorker

/// `adf-trigger run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a pipeline now, without a queue.",
        discussion: """
            Prints one JSON object with the run's id. What may be repeated is repeated
            until --timeout; after an unclear answer the run is looked for before it is
            asked for again. Where the outcome can't be found out in time, the command
            says which run to look for; repeat it with that --run-id.

            Exit codes: 0 a run was started (with --wait: it succeeded), 1 refused (with
            --wait: it failed or was cancelled), 64 wrong usage, 69 Azure could not be
            asked, the time is over or the outcome is unknown, 78 wrong configuration or
            credential, 130 interrupted.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(
        help: ArgumentHelp(
            "An alias, the ARM id of a pipeline, or a pipeline of the default factory.",
            valueName: "target"
        )
    )
    var target: String

    @OptionGroup var given: ParameterOptions

    @OptionGroup var recovery: RecoveryOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The run id to ask for, a UUID; random if absent. One that is given is looked for first.",
            valueName: "id"
        )
    )
    var runID: String?

    @Flag(help: "Wait until the run has ended.")
    var wait = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How many seconds all of it may take. If absent, the start may take 180 and --wait has no end.",
            valueName: "seconds"
        )
    )
    var timeout: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("With --wait, seconds between looks; they grow to six times that.", valueName: "seconds")
    )
    var pollSeconds = 5.0

    func validate() throws {
        if let timeout, !(1...2_592_000).contains(timeout) {
            throw ValidationError("--timeout must be 1 to 2592000 seconds.")
        }
        guard (0.1...3600).contains(pollSeconds) else { throw ValidationError("--poll-seconds must be 0.1 to 3600.") }
        if let runID, UUID(uuidString: runID) == nil {
            throw ValidationError("--run-id \(runID): expected a UUID such as 01234567-89ab-cdef-0123-456789abcdef.")
        }
    }

    func run() async throws {
        // Read first: wrong usage is told before anything is looked up.
        let parameters = try given.read() ?? []
        if recovery.referenceRun != nil, !given.isEmpty {
            printError("note: Data Factory takes the parameters of the referenced run, and may ignore those given here")
        }
        var blank = RunReport()
        blank.status = "not-started"
        try await AzureSession.run(options, blank: blank) { session throws(CommandEnd) in
            let (target, pipeline) = try named(session)
            let progress = ProgressLine(environment: ProcessInfo.processInfo.environment)
            let begin = ContinuousClock.now
            let limit = timeout.map { begin + .seconds($0) }
            let start = RunStart(
                client: session.client,
                pipeline: pipeline,
                parameters: parameters,
                options: recovery.runOptions,
                runID: (runID ?? UUID().uuidString).lowercased(),
                isRepeated: runID != nil,
                window: session.azure.window,
                deadline: limit ?? begin + .seconds(180),
                report: { progress.show("\(pipeline.pipeline): \($0)") }
            )
            var report = RunReport()
            report.target = RunReport.Pipeline(target)
            let started = try await begun(start, &report, progress, session)
            report.portalUrl = session.azure.cloud == .public ? target.portalURL(ofRun: started.runID) : nil
            guard wait else { return report }
            return try await ended(started, report, until: limit, pipeline.factoryReference, progress, session)
        }
    }

    private func named(
        _ session: AzureSession
    ) throws(CommandEnd) -> (target: Target, pipeline: PipelineReference) {
        do {
            return try session.settings.policy.target(named: target)
        } catch {
            var report = RunReport()
            report.status = "not-started"
            throw CommandEnd(error, report: report)
        }
    }

    // MARK: - To the start

    private func begun(
        _ start: RunStart,
        _ report: inout RunReport,
        _ progress: ProgressLine,
        _ session: AzureSession
    ) async throws(CommandEnd) -> RunStart.Started {
        let (result, cut) = await cuttingShort(at: start.deadline) {
            async let _ = progress.draw()
            return await start.result
        }
        switch result {
        case .success(let started):
            report.runId = started.runID
            report.status = "started"
            report.adopted = started.isAdopted
            report.attempts = started.attempts
            report.azureRequestId = started.azureRequestID
            if started.runID.lowercased() != start.runID {
                report.requestedRunId = start.runID
                printError(
                    "note: Data Factory did not use the run id \(start.runID); do not repeat this command with it"
                )
            }
            return started
        case .failure(let failure):
            guard failure.errorClass == .outcomeUnknown else {
                report.status = "not-started"
                throw CommandEnd(failure, report: report, cut: cut, naming: "\(target) was not started")
            }
            report.runId = start.runID
            report.status = "unknown"
            let look = session.showCommand(start.runID, in: start.pipeline.factoryReference)
            // A success: the run is there, so that its absence under our id would be no reason to ask for another.
            let isAccepted = failure.httpStatus.map { (200..<300).contains($0) } ?? false
            let otherwise =
                isAccepted
                ? "if there is no such run, it has another id: do not start it again, look for it in the factory's runs"
                : "if there is no such run after \(session.azure.window.components.seconds) s, repeat the command with --run-id \(start.runID)"
            throw CommandEnd(
                failure,
                report: report,
                cut: cut,
                naming: "\(target) may have been started",
                advice:
                    "look with: \(look); \(otherwise)"
            )
        }
    }

    // MARK: - To the end

    private func ended(
        _ started: RunStart.Started,
        _ report: RunReport,
        until limit: ContinuousClock.Instant?,
        _ factory: FactoryReference,
        _ progress: ProgressLine,
        _ session: AzureSession
    ) async throws(CommandEnd) -> RunReport {
        let sight = NIOLockedValueBox<PipelineRun?>(nil)
        progress.show("run \(started.runID)")
        let follow = RunFollower(
            client: session.client,
            factory: factory,
            runID: started.runID,
            firstPause: .seconds(pollSeconds)
        ) { run in
            sight.withLockedValue { $0 = run }
            progress.show("run \(run.runID): \(run.status.map { "\($0)" } ?? "?")")
        }
        let (result, cut) = await cuttingShort(at: limit) {
            async let _ = progress.draw()
            return await follow.result(since: started.at)
        }
        var report = report
        if let run = sight.withLockedValue({ $0 }) { report.add(run) }
        switch result {
        case .success(let run):
            guard run.status != .succeeded else { return report }
            let reason = run.message.map { ": \($0)" } ?? ""
            throw CommandEnd(
                report: report,
                line: "run \(run.runID) ended \(report.status ?? "")\(reason)".withoutControls,
                exitCode: .failure
            )
        case .failure(let failure):
            throw CommandEnd(
                failure,
                report: report,
                cut: cut,
                naming: "run \(started.runID) was started, and its end was not seen",
                advice: "the run goes on; look with: \(session.showCommand(started.runID, in: factory))"
            )
        }
    }
}
