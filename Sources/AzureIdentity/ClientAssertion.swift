internal import Crypto
internal import CryptoExtras

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What an application signs to prove that it holds its certificate's key: a JSON Web Token that is good for one token
/// endpoint and ten minutes.
struct ClientAssertion {
    /// How long an assertion is good for: 600 s, as MSAL (Python 1.39). Entra ID's documentation advises 5 to 10 min.
    static let lifetime = 600

    let algorithm: ClientCertificateCredential.Algorithm
    let clientID: String
    /// The token endpoint's exact address.
    let audience: String
    let includesChain: Bool

    private struct Header: Encodable {
        let alg: String
        let typ = "JWT"
        let sha256: String?
        let sha1: String?
        let chain: [String]?

        private enum CodingKeys: String, CodingKey {
            case alg
            case typ
            case sha256 = "x5t#S256"
            case sha1 = "x5t"
            case chain = "x5c"
        }
    }

    private struct Claims: Encodable {
        let aud: String
        let iss: String
        let sub: String
        let jti: String
        let nbf: Int
        let iat: Int
        let exp: Int
    }

    /// The signed token; a new one each time.
    func signed(with certificate: SigningCertificate, at now: Date) throws -> String {
        let leaf = certificate.chain[0]
        let header = Header(
            alg: algorithm.rawValue,
            sha256: algorithm == .ps256 ? Base64URL.encode(SHA256.hash(data: leaf)) : nil,
            sha1: algorithm == .rs256 ? Base64URL.encode(Insecure.SHA1.hash(data: leaf)) : nil,
            // Standard base64 here, unlike everywhere else in the token (RFC 7515, section 4.1.6).
            chain: includesChain ? certificate.chain.map { Data($0).base64EncodedString() } : nil
        )
        let second = Int(now.timeIntervalSince1970)
        let claims = Claims(
            aud: audience,
            iss: clientID,
            sub: clientID,
            jti: UUID().uuidString.lowercased(),
            nbf: second,
            iat: second,
            exp: second + Self.lifetime
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let content = try [encoder.encode(header), encoder.encode(claims)].map(Base64URL.encode).joined(separator: ".")
        let signature = try certificate.key.signature(
            for: SHA256.hash(data: Array(content.utf8)),
            // PSS of swift-crypto has a salt as long as the digest, which is what PS256 asks for (RFC 7518, 3.5).
            padding: algorithm == .ps256 ? .PSS : .insecurePKCS1v1_5
        )
        return "\(content).\(Base64URL.encode(signature.rawRepresentation))"
    }
}
