internal import ArgumentParser

/// `adf-trigger errors`.
struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Looks at the error queue, sends requests home, drops them.",
        discussion: """
            Looking changes nothing: what is read is given back in its order. One operator
            at a time; a second is told so. An entry's ID is its message id, with # and a
            number behind it where several have the same.

            Exit codes: 0 done, 1 something was not done, 64 wrong usage, 69 broker or Data
            Factory unavailable, or somebody else at work, 78 wrong configuration or queues.
            """,
        subcommands: [List.self, Show.self, SendHome.self, Drop.self]
    )
}
