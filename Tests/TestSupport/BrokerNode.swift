import Foundation

/// A RabbitMQ node of a test's own, which the test may kill, halt and restart; its data and its ports stay the same.
///
/// `deploy/broker` does the work. It also watches this process: when that is gone, however it went, so is the node.
public final class BrokerNode: Sendable {
    /// There is no command to start one with. The tests fail then: skipped ones would look like passed ones.
    public struct Missing: Error, CustomStringConvertible {
        /// What to do.
        public let description =
            "ADF_TRIGGER_TEST_BROKER_COMMAND is not set; run the tests with deploy/test, which names deploy/broker there"
    }

    /// The node's URI, also while it does not run.
    public let uri: String

    private let command: String
    private let folder: URL

    /// Starts a node, and stops and removes it in the end, whatever happens.
    ///
    /// - Throws: ``Missing``, or what the body throws.
    public static func with<Result>(_ body: (BrokerNode) async throws -> Result) async throws -> Result {
        let node = try await BrokerNode()
        do {
            let result = try await body(node)
            try await node.remove()
            return result
        } catch {
            try? await node.remove()
            throw error
        }
    }

    private init() async throws {
        guard let command = ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_BROKER_COMMAND"] else {
            throw Missing()
        }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "adf-trigger-node-\(UUID().uuidString.lowercased().prefix(8))")
        try await Self.start(command, folder)
        let status = try await Self.run(command, "status", folder)
        guard let port = status.split(separator: "\n").first(where: { $0.hasPrefix("amqp_port=") })?.dropFirst(10)
        else {
            throw NeverHappened(description: "the node said its port: \(status)")
        }
        uri = "amqp://guest:guest@127.0.0.1:\(port)"
        self.command = command
        self.folder = folder
    }

    private func remove() async throws {
        try await stop()
        try FileManager.default.removeItem(at: folder)
    }

    // MARK: - Life

    /// Starts it again after ``stop()`` or ``kill()``, or lets it go on after ``pause()``; nothing where it runs.
    /// Returns when it takes connections.
    public func start() async throws {
        try await Self.start(command, folder)
    }

    /// More time than `deploy/broker` takes to give up.
    private static func start(_ command: String, _ folder: URL) async throws {
        let owner = "\(ProcessInfo.processInfo.processIdentifier)"
        try await run(command, "start", folder, arguments: ["--while", owner], within: .seconds(300))
    }

    /// Asks it to end, and returns when it has.
    public func stop() async throws {
        try await Self.run(command, "stop", folder)
    }

    /// Ends it as a power cut would, by SIGKILL.
    public func kill() async throws {
        try await Self.run(command, "kill", folder)
    }

    /// Halts it, by SIGSTOP: its connections stay open, and nothing answers on them.
    public func pause() async throws {
        try await Self.run(command, "pause", folder)
    }

    /// Lets it go on after ``pause()``.
    public func resume() async throws {
        try await Self.run(command, "resume", folder)
    }

    // MARK: - Orders from within

    /// Runs `rabbitmqctl` on it, and returns what that printed.
    ///
    /// - Throws: ``NeverHappened`` with what it printed where it failed.
    @discardableResult
    public func control(_ arguments: String...) async throws -> String {
        try await Self.run(command, "ctl", folder, arguments: ["--quiet"] + arguments)
    }

    /// Evaluates Erlang in the node, and returns the value as Erlang writes it: one call for what a loop can do there,
    /// since each costs a start of `rabbitmqctl`.
    ///
    /// - Parameter limit: How long that may take.
    @discardableResult
    public func eval(_ erlang: String, within limit: Duration = .seconds(240)) async throws -> String {
        try await Self.run(command, "ctl", folder, arguments: ["--quiet", "eval", erlang], within: limit)
    }

    @discardableResult
    private static func run(
        _ command: String,
        _ verb: String,
        _ folder: URL,
        arguments: [String],
        within limit: Duration = .seconds(240)
    ) async throws -> String {
        let exit = try await Program(command, [verb, folder.path] + arguments).waitForExit(within: limit)
        guard exit.code == 0 else {
            throw NeverHappened(description: "deploy/broker \(verb) succeeded: \(exit.output)\(exit.errors)")
        }
        return exit.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @discardableResult
    private static func run(
        _ command: String,
        _ verb: String,
        _ folder: URL,
        _ arguments: String...
    ) async throws -> String {
        try await run(command, verb, folder, arguments: arguments)
    }
}
