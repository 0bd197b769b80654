internal import ArgumentParser
// Linked for its malloc; a build without it fails here.
internal import CJemalloc

/// The program.
@main
struct AdfTrigger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adf-trigger",
        abstract: "Starts Azure Data Factory pipelines from a RabbitMQ queue.",
        discussion: """
            Exit codes: 0 done, 1 failed, 64 wrong usage, 69 a service is unavailable,
            78 wrong configuration, 130 interrupted.
            """,
        version: WorkerInstance.version,
        subcommands: [
            WorkCommand.self, SendCommand.self, RunCommand.self, RunsCommand.self, ErrorsCommand.self,
            TopologyCommand.self,
        ]
    )
}

extension ExitCode {
    /// A service that is needed can't be reached (EX_UNAVAILABLE of sysexits.h).
    static let unavailable = ExitCode(69)
    /// The configuration can't be used (EX_CONFIG of sysexits.h).
    static let configuration = ExitCode(78)
}
