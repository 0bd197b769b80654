import FoundationEssentials
import NIOSSL

/// The certificate and the key the emulator serves https with.
package struct EmulatorTLS: Sendable {
    let configuration: TLSConfiguration

    /// Reads both files and checks that they belong together.
    /// - Parameters:
    ///   - certificateFile: the server's certificate in PEM, with the rest of its chain after it if there is one.
    ///   - keyFile: the certificate's private key in PEM, without a passphrase.
    /// - Throws: `EmulatorTLSError` if a file is missing, unreadable or holds something else, or if the key is that
    ///   of another certificate.
    package init(certificateFile: String, keyFile: String) throws(EmulatorTLSError) {
        let certificates = try Self.certificates(certificateFile)
        let key = try Self.key(keyFile)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        // A client that prefers HTTP/2 would otherwise be left to guess.
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw EmulatorTLSError(
                path: keyFile,
                message: "is not the key of the first certificate in \(certificateFile); give the two that were made"
                    + " together"
            )
        }
        self.configuration = configuration
    }

    private static func certificates(_ path: String) throws(EmulatorTLSError) -> [NIOSSLCertificate] {
        let bytes = try contents(path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw EmulatorTLSError(path: path, message: "holds no certificate in PEM")
        }
        return certificates
    }

    private static func key(_ path: String) throws(EmulatorTLSError) -> NIOSSLPrivateKey {
        let bytes = try contents(path)
        // An empty answer makes BoringSSL fail; without a callback it would ask on the terminal.
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem, passphraseCallback: { $0([UInt8]()) }) else {
            throw EmulatorTLSError(path: path, message: "holds no private key in PEM without a passphrase")
        }
        return key
    }

    private static func contents(_ path: String) throws(EmulatorTLSError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw EmulatorTLSError(path: path, message: "cannot be read; is the path right, and may this user read it?")
        }
    }
}
