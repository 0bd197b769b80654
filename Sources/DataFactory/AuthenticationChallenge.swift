internal import AzureIdentity

/// One challenge of a `WWW-Authenticate` header.
struct AuthenticationChallenge: Equatable {
    let scheme: String

    /// By name in lower case.
    private(set) var parameters: [String: String] = [:]

    private init(scheme: String) { self.scheme = scheme }

    /// Reads a header's challenges (RFC 9110, section 11.6.1): a comma separates challenges as well as the parameters of
    /// one, and a quoted value may hold commas. What fits no rule is skipped up to the next comma.
    static func parse(_ header: String) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        var reader = Reader(header)
        while !reader.isAtEnd {
            reader.skipSpace()
            guard var word = reader.token() else {
                reader.skipToComma()
                continue
            }
            let hasSpace = reader.skipSpace()
            // A word with a value is a parameter of the scheme before it; one without is a scheme, and a parameter may
            // follow it without a comma.
            if hasSpace, !reader.isAtValue, let next = reader.token() {
                challenges.append(AuthenticationChallenge(scheme: word))
                word = next
                reader.skipSpace()
            } else if !reader.isAtValue {
                challenges.append(AuthenticationChallenge(scheme: word))
                reader.skipToComma()
                continue
            }
            if let value = reader.value(), let last = challenges.indices.last {
                // The first of a name counts; a parameter must not come twice.
                let name = word.lowercased()
                if challenges[last].parameters[name] == nil { challenges[last].parameters[name] = value }
            }
            reader.skipToComma()
        }
        return challenges
    }

    private struct Reader {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = text[...].utf8 }

        var isAtEnd: Bool { rest.isEmpty }
        var isAtValue: Bool { rest.first == UInt8(ascii: "=") }

        @discardableResult
        mutating func skipSpace() -> Bool {
            let before = rest.count
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            return rest.count < before
        }

        mutating func token() -> String? {
            let word = rest.prefix(while: \.isHTTPToken)
            guard !word.isEmpty else { return nil }
            rest = rest[word.endIndex...]
            return String(Substring(word))
        }

        /// What follows `=`, without its quotes.
        mutating func value() -> String? {
            guard isAtValue else { return nil }
            rest = rest.dropFirst()
            skipSpace()
            guard rest.first == UInt8(ascii: "\"") else {
                // Base64 outside of quotes breaks the rule and is unmistakable all the same.
                let value = rest.prefix { $0 != UInt8(ascii: ",") && $0 != 0x20 && $0 != 0x09 }
                rest = rest[value.endIndex...]
                return String(Substring(value))
            }
            return quoted()
        }

        private mutating func quoted() -> String? {
            rest = rest.dropFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
                if byte == UInt8(ascii: "\\") {
                    guard let escaped = rest.popFirst() else { return nil }
                    bytes.append(escaped)
                } else {
                    bytes.append(byte)
                }
            }
            return nil
        }

        /// Past the next comma that is not in quotes.
        mutating func skipToComma() {
            while let byte = rest.first {
                if byte == UInt8(ascii: "\"") {
                    _ = quoted()
                    continue
                }
                rest = rest.dropFirst()
                if byte == UInt8(ascii: ",") { return }
            }
        }
    }
}
