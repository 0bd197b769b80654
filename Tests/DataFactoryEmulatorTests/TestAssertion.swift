import Crypto
import CryptoExtras
import DataFactoryEmulator
import Foundation

/// An assertion a client signs, right in every part until a test changes one.
struct TestAssertion {
    var header: [String: Any]
    var claims: [String: Any]
    /// The name of the key among the test's keys that signs it.
    var key: String

    /// An application's own, signed with the certificate `name.pem`.
    static func own(_ name: String, keys: TestKeys, client: String, endpoint: String, at now: Timestamp) throws -> Self
    {
        let seconds = Int(now.secondsSince1970)
        return TestAssertion(
            header: ["alg": "PS256", "typ": "JWT", "x5t#S256": try keys.thumbprint(name)],
            claims: [
                "aud": endpoint, "iss": client, "sub": client, "jti": UUID().uuidString, "nbf": seconds,
                "iat": seconds, "exp": seconds + 600,
            ],
            key: name
        )
    }

    /// A token of a cluster's service account.
    static func foreign(_ key: String, at now: Timestamp) -> Self {
        let seconds = Int(now.secondsSince1970)
        return TestAssertion(
            header: ["alg": "RS256", "kid": "cluster"],
            claims: [
                "iss": "https://issuer.example/a", "sub": "system:serviceaccount:adf:trigger",
                "aud": ["api://AzureADTokenExchange"], "nbf": seconds, "exp": seconds + 3600,
            ],
            key: key
        )
    }

    /// The three parts, signed as the header's `alg` says.
    func text(_ keys: TestKeys) throws -> String {
        let parts = try [header, claims].map { try JSONSerialization.data(withJSONObject: $0).base64URL }
        let signed = parts.joined(separator: ".")
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: keys.text("\(key).key"))
        let padding: _RSA.Signing.Padding = header["alg"] as? String == "PS256" ? .PSS : .insecurePKCS1v1_5
        let signature = try key.signature(for: SHA256.hash(data: Data(signed.utf8)), padding: padding)
        return "\(signed).\(signature.rawRepresentation.base64URL)"
    }
}

extension TestKeys {
    /// A certificate's thumbprint as an assertion's header has it: of SHA-256, or of SHA-1.
    func thumbprint(_ name: String, sha1: Bool = false) throws -> String {
        let base64 = try text("\(name).pem").split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let der = Data(base64Encoded: base64) ?? Data()
        return sha1 ? Data(Insecure.SHA1.hash(data: der)).base64URL : Data(SHA256.hash(data: der)).base64URL
    }
}

extension Data {
    /// The text a part of a token has.
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// What such a text stands for.
    init?(base64URL text: some StringProtocol) {
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
