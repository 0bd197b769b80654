import Crypto
import CryptoExtras
import NIOSSL

/// A certificate an application may sign its assertions with.
package struct SigningCertificate: Sendable {
    /// The certificate's SHA-1 and SHA-256, as base64url: what `x5t` and `x5t#S256` of an assertion name.
    let thumbprint: String
    let thumbprint256: String
    let key: _RSA.Signing.PublicKey
    /// When it is good, both moments included.
    let validity: ClosedRange<Timestamp>

    /// Reads the first certificate of a PEM text; nil where there is none, or where its key is not RSA of 2048 bits or
    /// more, as Entra ID takes no other.
    package init?(pem: String) {
        guard let certificate = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).first,
            let der = try? certificate.toDERBytes(),
            let info = try? certificate.extractPublicKey().toSPKIBytes(),
            let key = try? _RSA.Signing.PublicKey(derRepresentation: info)
        else { return nil }
        let start = Timestamp(secondsSince1970: Int64(certificate.notValidBefore))
        let end = Timestamp(secondsSince1970: Int64(certificate.notValidAfter))
        guard start <= end else { return nil }
        self.thumbprint = Base64URL.encode(Insecure.SHA1.hash(data: der))
        self.thumbprint256 = Base64URL.encode(SHA256.hash(data: der))
        self.key = key
        self.validity = start...end
    }
}
