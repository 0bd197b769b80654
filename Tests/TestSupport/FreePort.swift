import Foundation

/// A loopback port nobody listens on.
public func freePort() async throws -> UInt16 {
    let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    let exit = try await Program.run("/usr/bin/python3", ["-c", script])
    guard let port = UInt16(exit.output.trimmingCharacters(in: .newlines)) else {
        throw NeverHappened(description: "a free port was found: \(exit.errors)")
    }
    return port
}
