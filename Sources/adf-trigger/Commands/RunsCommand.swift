internal import ArgumentParser
internal import DataFactory
internal import Foundation
internal import TriggerWorker

/// `adf-trigger runs`.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Shows or cancels a run.",
        discussion: """
            Prints one JSON object. Exit codes: 0 done, 1 no such run or refused, 69 Azure
            could not be asked in time, 78 wrong configuration or credential.
            """,
        subcommands: [Show.self, Cancel.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print where a run stands.")

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var run: RunOfFactory

        func run() async throws {
            try await AzureSession.run(options, blank: run.blank) { session throws(CommandEnd) in
                let found = try await run.answer(session) { client, factory throws(DataFactoryError) in
                    try await client.run(run.id, in: factory)
                }
                guard let found else { throw run.notFound }
                return RunReport(showing: found)
            }
        }
    }
}

/// Which run is meant, and how long it may be asked for.
struct RunOfFactory: ParsableArguments {
    @Argument(help: ArgumentHelp("The run's id.", valueName: "run-id"))
    var id: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Its factory: an ARM id, an alias, or a name in the default resource group. The default factory if absent.",
            valueName: "factory"
        )
    )
    var factory: String?

    @Option(name: .long, help: ArgumentHelp("How many seconds all of it may take.", valueName: "seconds"))
    var timeout = 90

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be 1 to 86400 seconds.") }
    }

    /// Asks until there is an answer; nothing asked here does harm when it is asked again.
    func answer<Value: Sendable>(
        _ session: AzureSession,
        _ ask: @escaping @Sendable (DataFactoryClient, FactoryReference) async throws(DataFactoryError) -> Value
    ) async throws(CommandEnd) -> Value {
        let factory: FactoryReference
        do throws(CommandFailure) {
            factory = try session.settings.policy.factory(named: self.factory)
        } catch {
            throw end(error)
        }
        let deadline = ContinuousClock.now + .seconds(timeout)
        let (result, cut) = await cuttingShort(at: deadline) { [client = session.client] in
            await Self.result(until: deadline) { () async throws(DataFactoryError) in try await ask(client, factory) }
        }
        switch result {
        case .success(let value): return value
        // The one word that Data Factory has for it where it is not asked with GET.
        case .failure(let failure) where failure.code == "ReferencedPipelineRunNotFound": throw notFound
        case .failure(let failure): throw end(failure, cut)
        }
    }

    private static func result<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ ask: @Sendable () async throws(DataFactoryError) -> Value
    ) async -> Result<Value, CommandFailure> {
        do throws(CommandFailure) {
            return .success(try await adf_trigger.answer(until: deadline, ask))
        } catch {
            return .failure(error)
        }
    }

    var notFound: CommandEnd {
        end(
            CommandFailure(
                .notFound,
                code: "RunNotFound",
                message: "there is no run \(id) in this factory",
                advice: "check --factory; Data Factory forgets runs after 45 days"
            )
        )
    }

    private func end(_ failure: CommandFailure, _ cut: CutShort? = nil) -> CommandEnd {
        CommandEnd(failure, report: blank, cut: cut)
    }

    /// What there is to tell of a run nothing is known of.
    var blank: RunReport {
        var report = RunReport()
        report.runId = id
        return report
    }
}
