internal import ArgumentParser
internal import ErrorDesk

extension ErrorsCommand {
    /// `adf-trigger errors drop`.
    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take entries out of the error queue for good.",
            discussion: "Shows what it is about, and asks, unless told --yes."
        )

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var selection: EntrySelection

        @Flag(help: "Do not ask.")
        var yes = false

        func run() async throws {
            let settings = try options.read(.broker)
            let agreed = try await selection.agree(settings, isAgreed: yes, "dropped for good")
            guard !agreed.isEmpty else { return }
            let count = try await ErrorsSession.run(settings, bodyLimit: 0) { session throws(ErrorDeskError) in
                try await session.desk.drop(agreed) { printLine("dropped \($0.id.withoutControls)") }
            }
            printLine("\(count) of \(agreed.count) dropped")
            guard count == agreed.count else { throw ExitCode.failure }
        }
    }
}
