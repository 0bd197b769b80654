/// Reads JSON by the grammar of RFC 8259 and nothing more lenient.
struct JSONParser {
    /// Far above what a pipeline parameter needs, far below what the stack holds.
    private static let maximumDepth = 128

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONSyntaxError) -> JSONNode {
        skipSpace()
        let root = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw fault("Something follows the JSON value") }
        return root
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONNode {
        guard depth < Self.maximumDepth else { throw fault("Nested deeper than \(Self.maximumDepth) levels") }
        let start = index
        let kind: JSONNode.Kind
        switch peek {
        case UInt8(ascii: "{"): kind = .object(try object(depth: depth))
        case UInt8(ascii: "["): kind = .array(try array(depth: depth))
        case UInt8(ascii: "\""): kind = .string(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            kind = .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            kind = .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            kind = .null
        case let byte? where byte == UInt8(ascii: "-") || byte.isASCIIDigit:
            try number()
            kind = .number
        case nil: throw fault("The text ends where a value should be")
        default: throw fault("No JSON value starts here")
        }
        return JSONNode(kind: kind, range: start..<index)
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> [JSONMember] {
        index += 1
        var members: [JSONMember] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fault("A member name in quotes is missing") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("A colon is missing after a member name") }
            skipSpace()
            members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw fault("A comma or closing brace is missing") }
            break
        }
        try refuseRepeats(members)
        return members
    }

    private func refuseRepeats(_ members: [JSONMember]) throws(JSONSyntaxError) {
        // Comparing pairs is quicker than hashing for the handful of members that is usual.
        if members.count <= 8 {
            for (position, member) in members.enumerated() {
                for other in members[..<position] where other.name == member.name {
                    throw fault("The member \"\(member.name)\" is given twice in one object")
                }
            }
        } else {
            var seen = Set<String>(minimumCapacity: members.count)
            for member in members where !seen.insert(member.name).inserted {
                throw fault("The member \"\(member.name)\" is given twice in one object")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONNode] {
        index += 1
        var elements: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw fault("A comma or closing bracket is missing") }
            return elements
        }
    }

    private mutating func number() throws(JSONSyntaxError) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = index
        while let byte = peek, byte.isASCIIDigit { index += 1 }
        guard index > start else { throw fault("A digit is missing in a number") }
    }

    private mutating func literal(_ word: StaticString) throws(JSONSyntaxError) {
        let letters = word.description.utf8
        guard bytes[index...].starts(with: letters) else { throw fault("No JSON value starts here") }
        index += letters.count
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let content = bytes[start..<index]
                index += 1
                return try text(content)
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw fault("A control character stands bare in a string")
            default:
                index += 1
            }
        }
        throw fault("A string is not closed")
    }

    private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var content = Array(bytes[start..<index])
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try text(content[...])
            case UInt8(ascii: "\\"):
                try escape(into: &content)
            case 0..<0x20:
                index -= 1
                throw fault("A control character stands bare in a string")
            default:
                content.append(byte)
            }
        }
        throw fault("A string is not closed")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = peek else { throw fault("A string is not closed") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: String(try codePoint()).utf8)
        default:
            index -= 1
            throw fault("No such escape in a string")
        }
    }

    private mutating func codePoint() throws(JSONSyntaxError) -> Character {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        // Half a surrogate pair alone is within the grammar; it has no character of its own.
        guard first < 0xDC00, bytes[index...].starts(with: "\\u".utf8) else { return "\u{FFFD}" }
        let mark = index
        index += 2
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00))
        else {
            index = mark
            return "\u{FFFD}"
        }
        return Character(scalar)
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt16 {
        var result: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek?.hexDigitValue else { throw fault("Four hexadecimal digits must follow \\u") }
            result = result << 4 | UInt16(digit)
            index += 1
        }
        return result
    }

    private func text(_ content: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else { throw fault("A string is not UTF-8") }
        return text
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func fault(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: index, message: message)
    }
}
