import Crypto
import CryptoExtras

/// A signed token as a client sends it, taken apart but not believed.
struct JSONWebToken {
    /// What the signature stands for: header and payload as they were sent.
    let signed: [UInt8]
    let signature: [UInt8]
    private let header: JSONDocument
    private let payload: JSONDocument

    /// Nil unless the text is three parts of base64url without padding, the first two of them JSON objects.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Self.object(parts[0]), let payload = Self.object(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        self.signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.header = header
        self.payload = payload
        self.signature = signature
    }

    private static func object(_ part: Substring) -> JSONDocument? {
        guard let bytes = Base64URL.decode(part), let document = try? JSONDocument(bytes),
            case .object = document.root.kind
        else { return nil }
        return document
    }

    /// A member of the header that is a string.
    func header(_ name: String) -> String? {
        header.root[name]?.string
    }

    /// A claim that is a string.
    func claim(_ name: String) -> String? {
        payload.root[name]?.string
    }

    /// A claim that is a moment, in seconds since 1970.
    func moment(_ name: String) -> Timestamp? {
        guard let node = payload.root[name], case .number = node.kind,
            let seconds = Double(payload.text(of: node)), (0...253_402_300_799).contains(seconds)
        else { return nil }
        return Timestamp(secondsSince1970: Int64(seconds))
    }

    /// Whom it is for.
    var audiences: [String] { payload.root["aud"]?.strings ?? [] }

    /// Whether the key made the signature, by the algorithm the header names; only `PS256` and `RS256` are known.
    func isSigned(by key: _RSA.Signing.PublicKey) -> Bool {
        let padding: _RSA.Signing.Padding = header("alg") == "PS256" ? .PSS : .insecurePKCS1v1_5
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        return key.isValidSignature(signature, for: SHA256.hash(data: signed), padding: padding)
    }
}
