internal import ArgumentParser
internal import DataFactory

extension RunsCommand {
    /// `adf-trigger runs cancel`.
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a run to be cancelled.",
            discussion: "Data Factory does it by and by; \"adf-trigger runs show\" tells how far it is."
        )

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var run: RunOfFactory

        @Flag(help: "Cancel the runs that this one has started, too.")
        var recursive = false

        func run() async throws {
            try await AzureSession.run(options, blank: run.blank) { session throws(CommandEnd) in
                try await run.answer(session) { client, factory throws(DataFactoryError) in
                    try await client.cancel(run.id, in: factory, isRecursive: recursive)
                }
                var report = run.blank
                report.status = "cancel-requested"
                return report
            }
        }
    }
}
