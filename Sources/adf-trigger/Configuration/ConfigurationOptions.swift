internal import ArgumentParser
internal import Foundation

/// The options of every command that needs the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Configuration file, YAML or JSON.", valueName: "file"))
    var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Set one value, over environment and file. Secrets are refused here.",
            valueName: "key=value"
        )
    )
    var set: [String] = []

    /// Reads the configuration, or ends the program with its faults.
    func read(_ needs: Settings.Needs) throws -> Settings {
        do throws(ConfigurationError) {
            return try settings(needs)
        } catch {
            printError("\(error)")
            throw ExitCode.configuration
        }
    }

    /// Reads the configuration.
    func settings(_ needs: Settings.Needs) throws(ConfigurationError) -> Settings {
        let file = try config.map { path throws(ConfigurationError) in try ConfigurationFile(path: path) }
        return try Settings(
            file: file ?? ConfigurationFile(),
            assignments: set,
            environment: ProcessInfo.processInfo.environment,
            needs: needs
        )
    }
}

/// Writes one line for people to standard error.
func printError(_ message: String) {
    FileHandle.standardError.write(Data("adf-trigger: \(message)\n".utf8))
}
