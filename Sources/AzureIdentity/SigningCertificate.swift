internal import CryptoExtras
internal import NIOSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A certificate with the private key that belongs to it, as a PEM file holds them.
struct SigningCertificate {
    /// What is wrong with the file, for a sentence that begins with it. No part of the file is in it.
    struct Problem: Error {
        let text: String
    }

    let key: _RSA.Signing.PrivateKey
    /// The key's own certificate first, then the others in the file's order.
    let chain: [[UInt8]]
    let notValidBefore: Date
    let notValidAfter: Date

    /// Reads certificates and key in whatever order they stand.
    init(pem: [UInt8], password: Secret?) throws(Problem) {
        let blocks = PEMBlock.all(in: String(decoding: pem, as: UTF8.self))
        if blocks.isEmpty {
            throw Problem(
                text: "holds no PEM; a PFX file is converted by `openssl pkcs12 -in FILE -out FILE.pem -nodes`"
            )
        }
        let certificates = blocks.filter { ["CERTIFICATE", "X509 CERTIFICATE"].contains($0.label) }
        if certificates.isEmpty { throw Problem(text: "holds no certificate") }
        let keys = blocks.filter { $0.label.hasSuffix("PRIVATE KEY") }
        if keys.isEmpty { throw Problem(text: "holds no private key; it belongs into the same file") }
        if keys.count > 1 { throw Problem(text: "holds more than one private key") }

        var ders: [[UInt8]] = []
        for block in certificates {
            guard let der = Data(base64Encoded: block.lines.joined()) else {
                throw Problem(text: "holds a certificate that cannot be read")
            }
            ders.append(Array(der))
        }
        let key = try Self.key(keys[0], password)
        // Compared as bytes: taking the key out of the certificate traps in NIOSSL 2.37 for kinds of key it does not
        // know. The public key's DER is 294 bytes or more and stands in its own certificate only.
        let publicKey = Array(key.publicKey.derRepresentation)
        guard let leaf = ders.firstIndex(where: { $0.firstRange(of: publicKey) != nil }) else {
            throw Problem(text: "holds a private key that belongs to none of its certificates")
        }
        guard let certificate = try? NIOSSLCertificate(bytes: ders[leaf], format: .der) else {
            throw Problem(text: "holds a certificate that cannot be read")
        }
        self.key = key
        ders.swapAt(0, leaf)
        chain = ders
        notValidBefore = Date(timeIntervalSince1970: Double(certificate.notValidBefore))
        notValidAfter = Date(timeIntervalSince1970: Double(certificate.notValidAfter))
    }

    /// - Throws: ``Problem`` with the date if the certificate is not valid at that time.
    func checkValidity(at now: Date) throws(Problem) {
        if now < notValidBefore {
            throw Problem(text: "holds a certificate that is valid from \(notValidBefore.ISO8601Format()) on only")
        }
        if now >= notValidAfter {
            throw Problem(text: "holds a certificate that expired on \(notValidAfter.ISO8601Format())")
        }
    }

    private static func key(_ block: PEMBlock, _ password: Secret?) throws(Problem) -> _RSA.Signing.PrivateKey {
        if block.label == "EC PRIVATE KEY" {
            throw Problem(text: "holds an elliptic curve key; Entra ID takes RSA keys only")
        }
        guard block.isEncrypted else {
            guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: block.text) else {
                throw Problem(
                    text: "holds a private key that is no RSA key of 2048 bits or more; Entra ID takes no other"
                )
            }
            return key
        }
        guard let password else {
            throw Problem(
                text: "holds an encrypted private key: give its password (AZURE_CLIENT_CERTIFICATE_PASSWORD), or "
                    + "decrypt it by `openssl pkey -in FILE`"
            )
        }
        let key = try? _RSA.Signing.PrivateKey(encryptedPEMRepresentation: block.text) { set in
            set(Array(password.value.utf8))
        }
        guard let key else {
            throw Problem(
                text: "holds an encrypted private key that this password does not open; if it is the right one, "
                    + "encrypt the key anew by `openssl pkey -in FILE -aes256`"
            )
        }
        guard key.keySizeInBits >= 2048 else {
            throw Problem(text: "holds a private key that is no RSA key of 2048 bits or more; Entra ID takes no other")
        }
        return key
    }
}
