import ArgumentParser
import DataFactoryEmulator
import Foundation
import Logging

/// The command line of the emulator.
@main
struct EmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adf-emulator",
        abstract: "Answers like Entra ID and Azure Data Factory, on this machine.",
        usage: """
            adf-emulator --port <port> --scenario <file> [--host <host>]
                         [--tls-cert <file> --tls-key <file>]
            adf-emulator --example
            """,
        discussion: manual
    )

    @Option(help: "Port to serve on; 0 takes a free one.")
    var port: Int?

    @Option(help: ArgumentHelp("The scenario, a JSON file.", valueName: "file"))
    var scenario: String?

    @Option(help: "Address to serve on; only a loopback address is safe.")
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Serve https with this certificate chain, in PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning (default), error or critical.", valueName: "level"),
        transform: { text in
            guard let level = Logger.Level(rawValue: text) else {
                throw ValidationError("There is no level '\(text)'.")
            }
            return level
        }
    )
    var logLevel: Logger.Level = .warning

    @Flag(help: "Print an example scenario and exit.")
    var example = false

    func validate() throws {
        if example { return }
        guard let port else { throw ValidationError("Give --port; --port 0 takes a free one.") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
        if scenario == nil { throw ValidationError("Give --scenario; --example prints one to begin with.") }
        if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("Give --tls-cert and --tls-key together.") }
    }

    func run() async throws {
        guard let port, let scenario, !example else {
            write(Scenario.example, to: .standardOutput)
            return
        }
        let emulator = Emulator(scenario: try load(scenario), logger: logger)
        let tls = try loadTLS()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await serve(emulator, port: port, tls: tls) }
            group.addTask { await StopSignal.wait() }
            try await group.next()
            group.cancelAll()
        }
    }

    private func serve(_ emulator: Emulator, port: Int, tls: EmulatorTLS?) async throws {
        do {
            try await emulator.serve(host: host, port: port, tls: tls) { url in
                write("adf-emulator listening on \(url)", to: .standardOutput)
            }
        } catch {
            fail("cannot serve on \(host):\(port): \(error); choose another --port or --host")
            throw ExitCode(69)
        }
    }

    private func load(_ path: String) throws -> Scenario {
        do {
            let url = URL(filePath: path)
            let bytes = try Data(contentsOf: url)
            return try Scenario(json: Array(bytes), folder: url.deletingLastPathComponent().path)
        } catch let error as ScenarioError {
            fail("\(path): \(error)")
        } catch {
            fail("\(path) cannot be read: \(error.localizedDescription)")
        }
        throw ExitCode(78)
    }

    private func loadTLS() throws -> EmulatorTLS? {
        guard let tlsCert, let tlsKey else { return nil }
        do throws(EmulatorTLSError) {
            return try EmulatorTLS(certificateFile: tlsCert, keyFile: tlsKey)
        } catch {
            fail(error.description)
            throw ExitCode(78)
        }
    }

    private var logger: Logger {
        var logger = Logger(label: "adf-emulator") { StoppingLogHandler(StreamLogHandler.standardError(label: $0)) }
        logger.logLevel = logLevel
        return logger
    }

    private func fail(_ message: String) {
        write("adf-emulator: \(message)", to: .standardError)
    }
}

/// Writes a line at once: `print` would hold it back while the output is a pipe.
private func write(_ line: String, to handle: FileHandle) {
    try? handle.write(contentsOf: Data("\(line)\n".utf8))
}
