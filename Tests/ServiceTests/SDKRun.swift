import Foundation
import TestSupport

/// What Microsoft's SDK for Python sees of the emulator: the real programs, over TLS.
///
/// All cases come from one run of `sdk_check.py`, for loading the SDK takes longer than most of them.
actor SDKRun {
    /// The run all tests share.
    static let shared = SDKRun()

    /// How long the run may take. On a machine of its own it takes half a minute, most of it the SDK's own waits.
    private static let limit = Duration.seconds(240)

    private var results: Task<[String: String], any Error>?

    /// What each case saw, as JSON text in one spelling.
    /// - Throws: ``NeverHappened`` where the script or the emulator did not come that far.
    func cases() async throws -> [String: String] {
        // Not structured: the run belongs to every test that waits for it, and none of them may end it for the others.
        // It ends by its own limit.
        let results = self.results ?? Task { try await Self.run() }
        self.results = results
        return try await results.value
    }

    /// What one case saw.
    func seen(_ name: String) async throws -> String {
        guard let seen = try await cases()[name] else {
            throw NeverHappened(description: "sdk_check.py did not report the case '\(name)'")
        }
        return seen
    }

    private static func run() async throws -> [String: String] {
        let python = try pythonPath()
        let stage = try SDKStage()
        defer { stage.remove() }
        let emulator = try await stage.startEmulator(overTLS: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "python/sdk_check.py").path
        let exit = try await Program(
            python,
            ["-B", script, emulator.endpoint, try stage.credentialFile(), try stage.strangerFile()],
            environment: ["REQUESTS_CA_BUNDLE": try TestBroker.tlsFile("ca.pem")]
        ).waitForExit(within: limit)
        try await emulator.program.stop()
        guard exit.code == 0 else {
            throw NeverHappened(description: "sdk_check.py broke off: exit \(exit.code), \(exit.errors)")
        }
        return try read(exit.output)
    }

    private static func pythonPath() throws -> String {
        guard let path = ProcessInfo.processInfo.environment["ADF_TRIGGER_TEST_PYTHON"] else {
            throw NeverHappened(
                description: "ADF_TRIGGER_TEST_PYTHON is not set; run deploy/test, which installs the SDK"
            )
        }
        return path
    }

    private static func read(_ output: String) throws -> [String: String] {
        var cases: [String: String] = [:]
        for line in output.split(separator: "\n") {
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let name = object["case"] as? String, let seen = object["seen"]
            else { throw NeverHappened(description: "sdk_check.py wrote a line that is no case: \(line)") }
            cases[name] = try canonicalJSON(seen)
        }
        return cases
    }
}

/// A JSON value as text, members sorted by name.
func canonicalJSON(_ value: Any) throws -> String {
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
    return String(decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
}
