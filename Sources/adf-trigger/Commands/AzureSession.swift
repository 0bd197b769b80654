internal import ArgumentParser
internal import DataFactory
internal import Foundation
internal import Logging
internal import Telemetry
internal import TriggerWorker

/// What a command needs that calls Azure from a shell.
struct AzureSession {
    let settings: Settings
    let azure: Settings.Azure
    let client: DataFactoryClient
    /// The options that make another command of this program read the same configuration.
    let configurationArguments: String

    /// A command for a person to copy that shows a run.
    func showCommand(_ runID: String, in factory: FactoryReference) -> String {
        let isDefault =
            settings.policy.defaultSubscriptionID?.lowercased() == factory.subscriptionID.lowercased()
            && settings.policy.defaultResourceGroup?.lowercased() == factory.resourceGroup.lowercased()
            && settings.policy.defaultFactory?.lowercased() == factory.factory.lowercased()
        let place =
            isDefault
            ? ""
            : " --factory '/subscriptions/\(factory.subscriptionID)/resourceGroups/\(factory.resourceGroup)/providers/Microsoft.DataFactory/factories/\(factory.factory)'"
        return "adf-trigger runs show \(runID)\(place)\(configurationArguments)"
    }

    /// Does what a command is for, prints its report, and ends the program where it failed.
    ///
    /// - Parameter blank: What there is to tell where nothing could be done.
    /// - Throws: `ExitCode`.
    static func run(
        _ options: ConfigurationOptions,
        blank: RunReport,
        _ body: (AzureSession) async throws(CommandEnd) -> RunReport
    ) async throws {
        do throws(CommandEnd) {
            try print(try await reporting(options, blank: blank, body))
        } catch {
            try print(error.report)
            printError(error.line)
            throw error.exitCode
        }
    }

    private static func reporting(
        _ options: ConfigurationOptions,
        blank: RunReport,
        _ body: (AzureSession) async throws(CommandEnd) -> RunReport
    ) async throws(CommandEnd) -> RunReport {
        let session: AzureSession
        let access: AzureAccess
        let logger: Logger
        do throws(ConfigurationError) {
            let settings = try options.settings(.azure)
            guard let azure = settings.azure else {
                preconditionFailure("Azure's settings were asked for, and are nil")
            }
            logger = quietLibraries(settings.logLevel)
            access = try await AzureAccess(azure, concurrency: 1)
            let file = options.config.map { " --config '\($0)'" } ?? ""
            session = AzureSession(
                settings: settings,
                azure: azure,
                client: access.client,
                configurationArguments: options.set.reduce(into: file) { $0 += " --set '\($1)'" }
            )
        } catch {
            let failure = CommandFailure(.configuration, code: "InvalidConfiguration", message: "\(error)")
            var end = CommandEnd(failure, report: blank)
            // A line for each fault.
            end.line = "\(error)"
            throw end
        }
        do throws(CommandEnd) {
            let report = try await withLogger(logger) { _ async throws(CommandEnd) in try await body(session) }
            await access.shutdown()
            return report
        } catch {
            await access.shutdown()
            throw error
        }
    }

    private static func print(_ report: RunReport) throws(CommandEnd) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try FileHandle.standardOutput.write(contentsOf: try encoder.encode(report) + Data("\n".utf8))
        } catch {
            // Nobody can read it; the exit code still tells.
            throw CommandEnd(report: RunReport(), line: "standard output can't be written", exitCode: .failure)
        }
    }
}

/// Sets up the log of a shell command, which says what it has to say once; what libraries log is for whoever sets a lower
/// level.
@discardableResult
func quietLibraries(_ level: Logger.Level) -> Logger {
    LoggingSystem.bootstrap { label in
        LogFormat.text.makeHandler(label: label, level: level < .info ? level : max(level, .warning))
    }
    return Logger(label: "adf-trigger")
}
