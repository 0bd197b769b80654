/// Azure's naming rules, as Data Factory's REST specification and Microsoft's naming page give them.
///
/// Lengths are counted in Unicode scalars: what most people call characters, and bounded in bytes.
enum ResourceName {
    static func checkSubscription(_ text: String) throws(ResourceNameError) {
        try checkUUID(.subscriptionID, text)
    }

    /// It becomes a header, and by what was seen a run id as well.
    static func checkClientRequestID(_ text: String) throws(ResourceNameError) {
        try checkUUID(.clientRequestID, text)
    }

    static func checkResourceGroup(_ text: String) throws(ResourceNameError) {
        let rule = "1 to 90 letters, digits, \"-\", \"_\", \".\", \"(\" and \")\", not ending with \".\""
        try check(.resourceGroup, text, 1...90, rule)
        for scalar in text.unicodeScalars where !isResourceGroupScalar(scalar) {
            throw contains(scalar, .resourceGroup, rule)
        }
        if text.unicodeScalars.last == "." {
            throw ResourceNameError(name: .resourceGroup, problem: "ends with \".\"", rule: rule)
        }
    }

    static func checkFactory(_ text: String) throws(ResourceNameError) {
        let rule = "3 to 63 ASCII letters and digits, with single \"-\" between them"
        try check(.factory, text, 3...63, rule)
        var previous: Unicode.Scalar = "-"
        for scalar in text.unicodeScalars {
            guard isASCIILetterOrDigit(scalar) || scalar == "-" else { throw contains(scalar, .factory, rule) }
            if scalar == "-", previous == "-" {
                throw ResourceNameError(name: .factory, problem: "begins with \"-\" or has two in a row", rule: rule)
            }
            previous = scalar
        }
        if previous == "-" { throw ResourceNameError(name: .factory, problem: "ends with \"-\"", rule: rule) }
    }

    static func checkPipeline(_ text: String) throws(ResourceNameError) {
        let rule =
            "1 to 260 characters, the first an ASCII letter, digit or \"_\", none of < > * # . % & : \\ + ? / "
            + "and no control character"
        try check(.pipeline, text, 1...260, rule)
        for scalar in text.unicodeScalars where "<>*#.%&:\\+?/".unicodeScalars.contains(scalar) || isControl(scalar) {
            throw contains(scalar, .pipeline, rule)
        }
        guard let first = text.unicodeScalars.first, isASCIILetterOrDigit(first) || first == "_" else {
            throw ResourceNameError(
                name: .pipeline,
                problem: "begins with something else than a letter, a digit or \"_\"",
                rule: rule
            )
        }
    }

    /// Data Factory makes its run ids as UUIDs but promises no form; what matters is that it stays one path segment.
    static func checkRunID(_ text: String) throws(ResourceNameError) {
        let rule = "1 to 128 letters, digits, \"-\" and \"_\""
        try check(.runID, text, 1...128, rule)
        for scalar in text.unicodeScalars
        where !isASCIILetterOrDigit(scalar) && scalar != "-" && scalar != "_" {
            throw contains(scalar, .runID, rule)
        }
    }

    private static func checkUUID(_ name: ResourceNameError.Name, _ text: String) throws(ResourceNameError) {
        let rule = "a UUID such as 01234567-89ab-cdef-0123-456789abcdef"
        try check(name, text, 1...36, rule)
        guard isUUID(text) else { throw ResourceNameError(name: name, problem: "is not a UUID", rule: rule) }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard bytes.count == 36 else { return false }
        for index in bytes.indices {
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            guard isDash ? bytes[index] == UInt8(ascii: "-") : isHexDigit(bytes[index]) else { return false }
        }
        return true
    }

    private static func check(
        _ name: ResourceNameError.Name,
        _ text: String,
        _ lengths: ClosedRange<Int>,
        _ rule: String
    ) throws(ResourceNameError) {
        if text.isEmpty { throw ResourceNameError(name: name, problem: "is empty", rule: rule) }
        if text == "." || text == ".." {
            throw ResourceNameError(name: name, problem: "is \"\(text)\", which moves a path elsewhere", rule: rule)
        }
        let length = text.unicodeScalars.count
        if length < lengths.lowerBound {
            throw ResourceNameError(name: name, problem: "is too short (\(length) characters)", rule: rule)
        }
        if length > lengths.upperBound {
            throw ResourceNameError(name: name, problem: "is too long (\(length) characters)", rule: rule)
        }
    }

    private static func contains(
        _ scalar: Unicode.Scalar,
        _ name: ResourceNameError.Name,
        _ rule: String
    ) -> ResourceNameError {
        let shown =
            isControl(scalar)
            ? "the control character U+\(String(scalar.value, radix: 16, uppercase: true).leftPadded(to: 4))"
            : "\"\(scalar)\""
        return ResourceNameError(name: name, problem: "contains \(shown)", rule: rule)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isASCIILetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    /// Hyphen, dot, parentheses and `\w` as .NET has it: letters, marks, decimal digits, connectors of any script.
    private static func isResourceGroupScalar(_ scalar: Unicode.Scalar) -> Bool {
        if isASCIILetterOrDigit(scalar) || "-_.()".unicodeScalars.contains(scalar) { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber, .connectorPunctuation:
            return !scalar.isASCII
        default:
            return false
        }
    }

    /// Controls, and the two separators that end a line in a log as well.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: Swift.max(0, length - count)) + self
    }
}
