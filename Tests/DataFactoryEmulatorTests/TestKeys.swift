import Foundation

/// Keys and certificates made by openssl for this run of the tests, in a folder that goes when they do.
final class TestKeys: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "emulator-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The path of a file in the folder, whether or not it is there.
    func path(_ name: String) -> String {
        folder.appending(path: name).path
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: folder.appending(path: name))
        return path(name)
    }

    /// Makes `name.pem` and `name.key`: a certificate of its own for 127.0.0.1 and localhost.
    func makeCertificate(_ name: String, key: String = "rsa:2048", days: Int = 2) throws {
        try openssl([
            "req", "-x509", "-newkey", key, "-nodes", "-days", String(days), "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", path("\(name).key"),
            "-out", path("\(name).pem"),
        ])
    }

    /// Runs openssl, which must succeed.
    func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }

    private struct Failed: Error {
        var arguments: [String]
    }
}
