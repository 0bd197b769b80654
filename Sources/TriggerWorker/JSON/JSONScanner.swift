/// Reads JSON (RFC 8259) strictly, in one pass, without building a tree.
///
/// Parameters are forwarded as the bytes they came in, so what is checked here is what Data Factory reads: invalid
/// UTF-8, lone surrogates, a key twice in one object and anything after the value are all refused, because readers
/// disagree on what they mean.
struct JSONScanner {
    /// How deep objects and arrays may nest. RFC 8259 leaves the limit to the reader; readers stop between 64 (.NET)
    /// and 512 levels, and this one before its own stack could.
    static let maximumDepth = 64

    /// What is wrong, and where.
    struct Failure: Error, Equatable {
        var message: String
        var byteOffset: Int
        /// Names and indexes from the outermost value to the place.
        var path: [String] = []

        /// `target.pipeline: must be a string, not a number (at byte 34)`.
        var text: String {
            let place = path.enumerated().map { index, part in
                part.hasPrefix("[") || index == 0 ? part : "." + part
            }.joined()
            return (place.isEmpty ? "" : "\(place): ") + "\(message) (at byte \(byteOffset))"
        }
    }

    /// What stands next.
    enum Kind: String {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case null = "null"
    }

    private let bytes: [UInt8]
    private(set) var index = 0
    private var depth = 0

    /// Starts at the first byte. Throws where the text is empty or not UTF-8.
    init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw Failure(message: "is not valid UTF-8", byteOffset: error.byteOffsets.lowerBound)
        }
        skipSpace()
        guard !bytes.isEmpty else { throw Failure(message: "is empty", byteOffset: 0) }
        guard index < bytes.count else { throw Failure(message: "holds nothing but white space", byteOffset: 0) }
    }

    // MARK: - What a decoder asks for

    /// What the next value is.
    func kind() throws(Failure) -> Kind {
        guard index < bytes.count else { throw failure("ends where a value is expected") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case 0xEF where bytes[index...].starts(with: [0xEF, 0xBB, 0xBF]):
            throw failure("begins with a byte order mark; send UTF-8 without one")
        default: throw failure("is not JSON: no value begins with \(Self.name(of: bytes[index]))")
        }
    }

    /// Reads an object, giving each member's name to `member`, which reads its value.
    ///
    /// - Parameter nameByteLimit: How long a name may be; ``Target/nameByteLimit`` where it is compared with others.
    mutating func object(
        nameByteLimit: Int = .max,
        _ member: (inout JSONScanner, String) throws(Failure) -> Void
    ) throws(Failure) {
        try expect(.object)
        try enter()
        var seen = SeenKeys()
        try elements(closing: UInt8(ascii: "}")) { (scanner) throws(Failure) in
            let start = scanner.index
            guard start < scanner.bytes.count, scanner.bytes[start] == UInt8(ascii: "\"") else {
                throw scanner.failure("needs a member name in double quotes here")
            }
            let key = try scanner.string()
            guard key.utf8.count <= nameByteLimit else {
                throw Failure(message: "is a longer name than any in the contract", byteOffset: start)
            }
            guard seen.insert(key) else {
                throw Failure(message: "stands twice in one object", byteOffset: start, path: [key])
            }
            scanner.skipSpace()
            try scanner.take(UInt8(ascii: ":"), "needs a colon after the member name \"\(key)\"")
            scanner.skipSpace()
            do throws(Failure) {
                try member(&scanner, key)
            } catch {
                var located = error
                located.path.insert(key, at: 0)
                throw located
            }
        }
        depth -= 1
    }

    /// Reads a string and unescapes it.
    mutating func string() throws(Failure) -> String {
        try expect(.string)
        let start = index + 1
        index = bytes.span.endOfPlainText(from: start)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return try escapedString(from: start) }
        defer { index += 1 }
        // SAFETY: the whole text is valid UTF-8, and it is cut at ASCII characters.
        var text = UTF8Span(unchecked: bytes.span.extracting(start..<index))
        // A string that does not know it compares and hashes the long way.
        _ = text.checkForASCII()
        return String(copying: text)
    }

    private mutating func skipString() throws(Failure) {
        index = bytes.span.endOfPlainText(from: index + 1)
        while index < bytes.count, bytes[index] == UInt8(ascii: "\\") {
            _ = try escape()
            index = bytes.span.endOfPlainText(from: index)
        }
        try endString()
    }

    private mutating func endString() throws(Failure) {
        guard index < bytes.count else { throw failure("ends inside a string") }
        guard bytes[index] == UInt8(ascii: "\"") else { throw failure("holds an unescaped control character") }
        index += 1
    }

    /// Reads `true` or `false`.
    mutating func boolean() throws(Failure) -> Bool {
        try expect(.boolean)
        let isTrue = bytes[index] == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    /// Reads any value, checks it, and returns the bytes it stands in.
    mutating func raw() throws(Failure) -> ArraySlice<UInt8> {
        let start = index
        try skipValue()
        return bytes[start..<index]
    }

    /// Refuses anything but white space after the value.
    mutating func end() throws(Failure) {
        skipSpace()
        guard index == bytes.count else { throw failure("goes on after its end") }
    }

    /// Refuses the next value unless it is of this kind.
    func expect(_ expected: Kind) throws(Failure) {
        let found = try kind()
        guard found == expected else { throw failure("must be \(expected.rawValue), not \(found.rawValue)") }
    }

    func failure(_ message: String) -> Failure {
        Failure(message: message, byteOffset: index)
    }

    // MARK: - Values nobody looks into

    private mutating func skipValue() throws(Failure) {
        switch try kind() {
        case .object: try object { (scanner, _) throws(Failure) in try scanner.skipValue() }
        case .array: try skipArray()
        case .string: try skipString()
        case .number: try skipNumber()
        case .boolean: _ = try boolean()
        case .null: try word("null")
        }
    }

    private mutating func skipArray() throws(Failure) {
        try enter()
        var position = 0
        try elements(closing: UInt8(ascii: "]")) { (scanner) throws(Failure) in
            do throws(Failure) {
                try scanner.skipValue()
            } catch {
                var located = error
                located.path.insert("[\(position)]", at: 0)
                throw located
            }
            position += 1
        }
        depth -= 1
    }

    /// The part that objects and arrays share: elements between commas, up to the closing byte.
    private mutating func elements(
        closing: UInt8,
        _ element: (inout JSONScanner) throws(Failure) -> Void
    ) throws(Failure) {
        index += 1
        skipSpace()
        if index < bytes.count, bytes[index] == closing {
            index += 1
            return
        }
        while true {
            try element(&self)
            skipSpace()
            guard index < bytes.count else { throw failure("ends before its closing bracket") }
            if bytes[index] == closing {
                index += 1
                return
            }
            try take(UInt8(ascii: ","), "needs a comma or a closing bracket here")
            skipSpace()
        }
    }

    private mutating func skipNumber() throws(Failure) {
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            try digits()
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits()
        }
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        guard index > start else { throw failure("is not a JSON number") }
    }

    // MARK: - Pieces

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw failure("nests deeper than \(Self.maximumDepth) levels")
        }
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        let expected = word.description.utf8
        guard bytes[index...].starts(with: expected) else { throw failure("is not JSON: \"\(word)\" expected") }
        index += expected.count
    }

    private mutating func take(_ byte: UInt8, _ message: @autoclosure () -> String) throws(Failure) {
        guard index < bytes.count, bytes[index] == byte else { throw failure(message()) }
        index += 1
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    /// Goes on at the first escape, or at what may not stand in a string.
    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count, bytes[index] == UInt8(ascii: "\\") {
            text += UnicodeScalar(try escape()).utf8
            let plain = index
            index = bytes.span.endOfPlainText(from: plain)
            text += bytes[plain..<index]
        }
        try endString()
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape() throws(Failure) -> UnicodeScalar {
        guard index + 1 < bytes.count else { throw failure("ends inside an escape") }
        let byte = bytes[index + 1]
        guard byte == UInt8(ascii: "u") else {
            let scalar: UnicodeScalar
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = UnicodeScalar(byte)
            case UInt8(ascii: "b"): scalar = "\u{8}"
            case UInt8(ascii: "f"): scalar = "\u{C}"
            case UInt8(ascii: "n"): scalar = "\n"
            case UInt8(ascii: "r"): scalar = "\r"
            case UInt8(ascii: "t"): scalar = "\t"
            default: throw failure("holds an escape that JSON does not have")
            }
            index += 2
            return scalar
        }
        let start = index
        let unit = try codeUnit()
        if let scalar = UnicodeScalar(unit) { return scalar }
        // A high surrogate stands for something only together with the low one behind it.
        if unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        {
            let low = try codeUnit()
            if (0xDC00..<0xE000).contains(low),
                let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            {
                return scalar
            }
        }
        throw Failure(message: "holds half of a surrogate pair, which is no character", byteOffset: start)
    }

    private mutating func codeUnit() throws(Failure) -> UInt32 {
        var unit: UInt32 = 0
        for offset in 2..<6 {
            guard index + offset < bytes.count,
                let digit = Character(UnicodeScalar(bytes[index + offset])).hexDigitValue
            else { throw failure("holds a \\u escape without four hexadecimal digits") }
            unit = unit << 4 | UInt32(digit)
        }
        index += 6
        return unit
    }

    private static func name(of byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
    }
}

/// The member names of one object, compared byte for byte: two spellings of "é" are two names.
private struct SeenKeys {
    private var few: [String] = []
    private var many: Set<[UInt8]> = []

    /// False if the key was there. Linear while there are few, so that usual objects cost no hashing, and hashed
    /// beyond, so that an object of 40 000 keys costs no more per key.
    mutating func insert(_ key: String) -> Bool {
        if many.isEmpty {
            if few.isEmpty { few.reserveCapacity(8) }
            guard !few.contains(where: { $0.hasSameBytes(as: key) }) else { return false }
            few.append(key)
            if few.count > 16 { many = Set(few.map { Array($0.utf8) }) }
            return true
        }
        return many.insert(Array(key.utf8)).inserted
    }
}
