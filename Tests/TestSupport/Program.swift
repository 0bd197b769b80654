import Foundation

/// A program, running: the real executable, with the environment a test gives it and nothing else of ours.
public final class Program: Sendable {
    /// What a program left when it ended.
    public struct Exit: Sendable {
        /// The exit code, or the signal's number below zero.
        public var code: Int32
        /// Everything it wrote to standard output.
        public var output: String
        /// Everything it wrote to standard error.
        public var errors: String
    }

    private static let starting = NSLock()

    private let process: Process
    private let output: Capture
    private let errors: Capture

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - name: `adf-trigger` or `adf-emulator`, as built with the tests, or the path of any other.
    ///   - environment: Added to an environment without any variable of ours.
    public init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = name.hasPrefix("/") ? URL(filePath: name) : try Self.url(of: name)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { variable in
            !["ADF_TRIGGER_", "AZURE_"].contains { variable.key.hasPrefix($0) }
        }
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        output = try Capture()
        errors = try Capture()
        process.standardOutput = output.writer
        process.standardError = errors.writer
        // Foundation learns of a program's end by a socket that another program, started meanwhile, could inherit.
        try Self.starting.withLock { try process.run() }
        // The program has its own; Foundation keeps ours as long as it lives, which are a thousand in a whole run of the
        // tests.
        try output.writer.close()
        try errors.writer.close()
    }

    /// The folder of the products is that of the test program.
    private static func url(of name: String) throws -> URL {
        let folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent()
        let url = folder.appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw NeverHappened(description: "\(name) was built beside the tests (\(url.path))")
        }
        return url
    }

    /// Runs a program to its end.
    public static func run(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async throws -> Exit {
        try await Program(name, arguments, environment: environment).waitForExit()
    }

    // A test that failed half-way has not stopped it.
    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The process id.
    public var id: Int32 { process.processIdentifier }
    /// What it has written to standard output so far.
    public var outputSoFar: String { output.text }
    /// What it has written to standard error so far.
    public var errorsSoFar: String { errors.text }
    /// Whether it still runs.
    public var isRunning: Bool { process.isRunning }

    /// Sends a signal.
    public func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits until it has ended.
    public func waitForExit(within limit: Duration = .seconds(240)) async throws -> Exit {
        do {
            try await eventually("process \(id) ended", within: limit) { !process.isRunning }
        } catch {
            signal(SIGKILL)
            throw NeverHappened(description: "\(error); it wrote:\n\(errorsSoFar)")
        }
        let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return Exit(code: code, output: output.text, errors: errors.text)
    }

    /// Ends it by SIGTERM, and by SIGKILL where that does not help.
    @discardableResult
    public func stop() async throws -> Exit {
        signal(SIGTERM)
        return try await waitForExit()
    }
}

/// A file that takes what a program writes. Not a pipe: that is full one day, and its end never comes where another
/// test's program was started meanwhile and inherited it.
private final class Capture: Sendable {
    let writer: FileHandle
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw NeverHappened(description: "\(url.path) could be created")
        }
        writer = try FileHandle(forWritingTo: url)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    var text: String {
        (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
