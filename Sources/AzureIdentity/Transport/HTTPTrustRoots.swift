#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The authorities that may vouch for a server.
public struct HTTPTrustRoots: Sendable {
    /// Those of the operating system.
    public static let system = HTTPTrustRoots(nil)

    /// Nil for the system's.
    let store: CertificateStore?

    private init(_ store: CertificateStore?) {
        self.store = store
    }

    /// Reads `SSL_CERT_FILE`, a file of PEM certificates, and `SSL_CERT_DIR`, folders of such files with colons
    /// between them.
    ///
    /// What the two name is trusted together, and the system's authorities are not any more; where neither is set or
    /// both are empty, the system's are. In a folder each file with a certificate counts, whatever its name; in
    /// OpenSSL only those do that `c_rehash` linked.
    ///
    /// - Throws: ``HTTPSettingsError`` if a file or a folder cannot be read or holds no certificate. To go on with
    ///   fewer authorities than were meant would show only later, as a server that is not trusted.
    public init(environment: [String: String]) throws(HTTPSettingsError) {
        let file = environment["SSL_CERT_FILE"] ?? ""
        let folders = environment["SSL_CERT_DIR"] ?? ""
        guard !file.isEmpty || !folders.isEmpty else {
            self = .system
            return
        }
        let store = CertificateStore()
        if !file.isEmpty { try Self.read(file: file, into: store) }
        for folder in folders.split(separator: ":") { try Self.read(folder: String(folder), into: store) }
        self.store = store
    }

    private static func read(file: String, into store: CertificateStore) throws(HTTPSettingsError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw HTTPSettingsError(setting: "SSL_CERT_FILE", message: "\(file) cannot be read")
        }
        guard store.add(data) else {
            throw HTTPSettingsError(
                setting: "SSL_CERT_FILE",
                message: "\(file) holds no PEM certificate, or a broken one"
            )
        }
    }

    private static func read(folder: String, into store: CertificateStore) throws(HTTPSettingsError) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw HTTPSettingsError(setting: "SSL_CERT_DIR", message: "\(folder) is no folder that can be read")
        }
        var holdsCertificates = false
        // Other files and folders may lie there, such as revocation lists and dangling links.
        for name in names {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            if store.add(data) { holdsCertificates = true }
        }
        guard holdsCertificates else {
            throw HTTPSettingsError(setting: "SSL_CERT_DIR", message: "\(folder) holds no PEM certificate")
        }
    }
}
