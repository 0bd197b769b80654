import FoundationEssentials

/// The name and password of an `Authorization: Basic` header.
struct BasicCredentials {
    let name: String
    let password: String

    /// Reads the header; name and password are form-encoded within it, as RFC 6749 section 2.3.1 has it. Nil for
    /// another scheme, broken encoding, or an empty name or password.
    init?(_ header: String) {
        guard let text = Self.text(header), let colon = text.firstIndex(of: ":"),
            let name = PercentCoding.decode(text[..<colon], plusIsSpace: true), !name.isEmpty,
            let password = PercentCoding.decode(text[text.index(after: colon)...], plusIsSpace: true),
            !password.isEmpty
        else { return nil }
        self.name = name
        self.password = password
    }

    /// What the header's base64 stands for, whatever that is.
    static func text(_ header: String) -> String? {
        let scheme = "Basic "
        guard header.prefix(scheme.count).lowercased() == scheme.lowercased(),
            let bytes = Data(base64Encoded: String(header.dropFirst(scheme.count)))
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
