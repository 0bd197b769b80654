import Foundation
public import NIOSSL

/// A certificate authority that lives as long as a test, in a folder of its own; openssl makes its certificates.
public final class TestAuthority: Sendable {
    /// The one of all tests that need no other.
    public static let shared = Result { try TestAuthority() }

    private let folder: URL

    /// Makes an authority with a key of its own.
    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "test-authority-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test authority", "-keyout", path("ca.key"), "-out", certificateFile,
        ])
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The authority's own certificate, PEM.
    public var certificateFile: String { path("ca.pem") }

    /// A path in the folder.
    public func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes a file into the folder and gives its path.
    public func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: folder.appending(path: name))
        return path(name)
    }

    /// A server's side of TLS with a certificate for these names.
    ///
    /// - Parameters:
    ///   - names: As in subjectAltName: `DNS:localhost`, `IP:127.0.0.1`.
    ///   - days: How long it is valid; below zero it ended in the past.
    public func server(_ names: String..., days: Int = 2) throws -> NIOSSLContext {
        let name = UUID().uuidString
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
            "-addext", "subjectAltName=\(names.joined(separator: ","))", "-keyout", path("\(name).key"),
            "-out", path("\(name).csr"),
        ])
        try openssl([
            "x509", "-req", "-in", path("\(name).csr"), "-CA", certificateFile, "-CAkey", path("ca.key"),
            "-copy_extensions", "copy", "-days", "\(days)", "-set_serial", "\(UInt32.random(in: 1...(.max)))",
            "-out", path("\(name).pem"),
        ])
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: path("\(name).key"), format: .pem))
            )
        )
    }

    private func openssl(_ arguments: [String]) throws {
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
        let arguments: [String]
    }
}
