/// Writes JSON text, member by member, in the order it is told.
///
/// A reply is one flat object with a few known members; Foundation's encoder costs several times as much and does not
/// keep the order.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init() {
        bytes.reserveCapacity(512)
    }

    /// Writes an object; `name` is nil for the outermost one and inside arrays.
    mutating func object(_ name: StaticString? = nil, _ members: (inout JSONWriter) -> Void) {
        begin(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func member(_ name: StaticString, _ text: String?) {
        begin(name)
        if let text { string(text) } else { bytes += "null".utf8 }
    }

    mutating func member(_ name: StaticString, _ flag: Bool) {
        begin(name)
        bytes += (flag ? "true" : "false").utf8
    }

    mutating func member(_ name: StaticString, _ number: Int?) {
        begin(name)
        bytes += (number.map { String($0) } ?? "null").utf8
    }

    /// Writes a value that is JSON already.
    mutating func member(_ name: StaticString, raw value: [UInt8]) {
        begin(name)
        bytes += value
    }

    /// Writes a member whose name comes from outside.
    mutating func member(text name: String, _ text: String) {
        begin(nil)
        string(name)
        bytes.append(UInt8(ascii: ":"))
        string(text)
    }

    /// Writes a member whose name comes from outside, and whose value is JSON already.
    mutating func member(text name: String, raw value: [UInt8]) {
        begin(nil)
        string(name)
        bytes.append(UInt8(ascii: ":"))
        bytes += value
    }

    private mutating func begin(_ name: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let name else { return }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Nearly all there is to write needs no escape.
        guard text.utf8.span.endOfPlainText() < text.utf8.count else {
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\""))
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes.append((byte >> 4).hexadecimalDigit)
                bytes.append((byte & 0xF).hexadecimalDigit)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
