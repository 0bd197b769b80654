internal import ArgumentParser
internal import ErrorDesk
internal import Foundation
internal import RabbitMQ
internal import TriggerWorker

extension ErrorsCommand {
    /// `adf-trigger errors show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one entry, and what Data Factory says about its run now.",
            discussion: "Shows the request's parameters: mind who reads along."
        )

        @OptionGroup var options: ConfigurationOptions

        @Argument(help: ArgumentHelp("The entry's ID.", valueName: "id"))
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        /// The most that is kept of a body to be shown.
        static let bodyLimit = 16 << 20

        func run() async throws {
            let settings = try options.read(.broker)
            let found = try await ErrorsSession.run(settings, bodyLimit: Self.bodyLimit) {
                session throws(ErrorDeskError) -> (ErrorEntry, Delivery)? in
                var found: (ErrorEntry, Delivery)?
                try await session.desk.read { entry, delivery in
                    if entry.id == id { found = (entry, delivery) }
                    return found == nil
                }
                return found
            }
            guard let (entry, delivery) = found else {
                printError(
                    "there is no entry \(id); \"adf-trigger errors list --json\" names what is there".withoutControls
                )
                throw ExitCode.failure
            }
            // The queue is nobody's while Azure is asked.
            let runs = await ask(EntryRuns(of: entry, body: delivery.message.body, policy: settings.policy))
            let report = EntryReport(entry, delivery, runs)
            if json {
                try printJSON(report)
            } else {
                printLine(report.text(now: Date()))
            }
        }

        /// An entry can be looked at without Azure too.
        private func ask(_ runs: EntryRuns) async -> [EntryReport.Run] {
            guard !runs.all.isEmpty else { return [] }
            let access: AzureAccess
            do throws(ConfigurationError) {
                let settings = try options.settings(.azure)
                guard let azure = settings.azure else { return [] }
                quietLibraries(settings.logLevel)
                access = try await AzureAccess(azure, concurrency: 1)
            } catch {
                return runs.all.map { .init($0.runID, problem: "\(error)".withoutControls) }
            }
            let lookup = DataFactoryLookup(client: access.client, limit: .seconds(15))
            var answers: [EntryReport.Run] = []
            for (runID, target) in runs.all {
                do throws(RunLookupFailure) {
                    answers.append(.init(runID, try await lookup.run(runID, of: target)))
                } catch {
                    // What hinders one hinders the others.
                    answers.append(.init(runID, problem: "\(error)"))
                    break
                }
            }
            await access.shutdown()
            return answers
        }
    }
}
