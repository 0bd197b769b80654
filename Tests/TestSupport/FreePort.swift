import Foundation

/// A loopback port nobody listens on, and that nobody gets by chance before the test's own program takes it.
public func freePort() async throws -> UInt16 {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let exit = try await Program.run(root.appending(path: "deploy/free-ports").path, [])
    guard let port = UInt16(exit.output.trimmingCharacters(in: .newlines)) else {
        throw NeverHappened(description: "a free port was found: \(exit.errors)")
    }
    return port
}
