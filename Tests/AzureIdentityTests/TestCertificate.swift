import Crypto
import CryptoExtras
import Foundation
import X509

/// A self-signed certificate with its key, made for one test.
struct TestCertificate {
    /// A key takes a second to make, so tests share these.
    static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    static let otherKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    let key: _RSA.Signing.PrivateKey
    let der: [UInt8]

    init(
        key: _RSA.Signing.PrivateKey? = nil,
        from: Date = Date(timeIntervalSince1970: 1_700_000_000),
        until: Date = Date(timeIntervalSince1970: 1_900_000_000)
    ) throws {
        let key = try key ?? Self.key.get()
        let name = try DistinguishedName { CommonName("adf-trigger test") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: from,
            notValidAfter: until,
            issuer: name,
            subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: Certificate.Extensions {},
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        self.key = key
        der = try Self.der(of: certificate, key)
    }

    var pem: String { Self.pem("CERTIFICATE", der) }
    /// The key in PKCS#8.
    var keyPEM: String { key.pkcs8PEMRepresentation }

    static func pem(_ label: String, _ der: [UInt8]) -> String {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
    }

    /// X509 serialises through SwiftASN1, which is no dependency; the outer sequence is three members.
    private static func der(of certificate: Certificate, _ key: _RSA.Signing.PrivateKey) throws -> [UInt8] {
        let content = Array(certificate.tbsCertificateBytes)
        let sha256WithRSA: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00]
        let signature = try key.signature(for: SHA256.hash(data: content), padding: .insecurePKCS1v1_5)
        return tagged(0x30, content + tagged(0x30, sha256WithRSA) + tagged(0x03, [0] + signature.rawRepresentation))
    }

    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<0x80: [tag, UInt8(content.count)] + content
        case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
    }
}
