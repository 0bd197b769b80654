/// Whether a run that exists under a request's run id can be the run of this request.
///
/// The service shows parameters as text, formatted its own way, masked, or in part, so only what can be compared
/// without doubt is: a plain string, an integer or a boolean on both sides.
enum Contradiction {
    /// The first parameter that the request and the run give different values.
    ///
    /// - Parameter parameters: A checked JSON object.
    static func parameter(of parameters: [UInt8], against run: ExistingRun) -> String? {
        guard !run.parameters.isEmpty, var scanner = try? JSONScanner(parameters) else { return nil }
        var found: String?
        try? scanner.object { (scanner, name) throws(JSONScanner.Failure) in
            let given = try scanner.comparable()
            guard name.utf8.count <= Target.nameByteLimit, found == nil, let given, let shown = run.value(of: name)
            else { return }
            if given.differs(from: shown) { found = name }
        }
        return found
    }

    /// The parameters that can be compared later, as the service would show them.
    static func comparable(_ parameters: [UInt8]) -> [String: String] {
        guard var scanner = try? JSONScanner(parameters) else { return [:] }
        var result: [String: String] = [:]
        try? scanner.object { (scanner, name) throws(JSONScanner.Failure) in
            let value = try scanner.comparable()?.text
            if name.utf8.count <= Target.nameByteLimit { result[name] = value }
        }
        return result
    }
}

/// A value of a kind that can be compared with what the service shows.
private enum Comparable {
    case string(String)
    case integer(String)
    case boolean(Bool)

    var text: String {
        switch self {
        case .string(let text), .integer(let text): text
        case .boolean(let flag): flag ? "True" : "False"
        }
    }

    func differs(from shown: String) -> Bool {
        // SecureString values are shown as asterisks.
        if shown.utf8.allSatisfy({ $0 == UInt8(ascii: "*") }) { return false }
        switch self {
        case .string(let text): return !text.utf8.elementsEqual(shown.utf8)
        case .integer(let text):
            // A float parameter shows 1 as 1.0, which is no contradiction; other integers are.
            return shown.utf8.allSatisfy(Self.isIntegerByte) && text != shown
        case .boolean(let flag):
            guard ["true", "false"].contains(shown.lowercased()) else { return false }
            return shown.lowercased() != (flag ? "true" : "false")
        }
    }

    static func isIntegerByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension JSONScanner {
    /// Reads a value; nil where it is of a kind that is not compared.
    fileprivate mutating func comparable() throws(Failure) -> Comparable? {
        switch try kind() {
        case .string:
            let text = try string()
            // The service rewrites what it takes for a time.
            return Self.looksLikeTime(text) ? nil : .string(text)
        case .boolean: return .boolean(try boolean())
        case .number:
            let text = try raw()
            return text.allSatisfy(Comparable.isIntegerByte) ? .integer(String(decoding: text, as: UTF8.self)) : nil
        default:
            _ = try raw()
            return nil
        }
    }

    private static func looksLikeTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8.prefix(8))
        return bytes.count == 8 && bytes[4] == UInt8(ascii: "-") && bytes[7] == UInt8(ascii: "-")
            || bytes.contains(UInt8(ascii: "/"))
    }
}

extension ExistingRun {
    /// Data Factory compares the names of parameters without case.
    fileprivate func value(of name: String) -> String? {
        parameters[name] ?? parameters.first { $0.key.lowercased() == name.lowercased() }?.value
    }
}
