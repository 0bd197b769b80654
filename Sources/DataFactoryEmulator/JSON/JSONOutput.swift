/// Writes JSON in the order it is told, and takes over ready-made JSON bytes unchanged.
struct JSONOutput {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    static func object(_ content: (inout JSONOutput) -> Void) -> [UInt8] {
        var output = JSONOutput()
        output.object(content)
        return output.bytes
    }

    static func array(_ content: (inout JSONOutput) -> Void) -> [UInt8] {
        var output = JSONOutput()
        output.array(content)
        return output.bytes
    }

    mutating func object(_ content: (inout JSONOutput) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), content)
    }

    mutating func array(_ content: (inout JSONOutput) -> Void) {
        enclose(UInt8(ascii: "["), UInt8(ascii: "]"), content)
    }

    mutating func strings(_ values: [String]) {
        array { output in
            for value in values { output.string(value) }
        }
    }

    mutating func string(_ value: String) {
        separate()
        quote(value)
    }

    mutating func integer(_ value: some BinaryInteger) {
        raw(value.description.utf8)
    }

    mutating func flag(_ value: Bool) {
        raw((value ? "true" : "false").utf8)
    }

    mutating func null() {
        raw("null".utf8)
    }

    /// Takes over bytes that are one JSON value already.
    mutating func raw(_ value: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
    }

    mutating func member(_ name: String, _ value: (inout JSONOutput) -> Void) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        value(&self)
        needsComma = true
    }

    mutating func member(_ name: String, _ value: String?) {
        member(name) { output in
            if let value { output.string(value) } else { output.null() }
        }
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ content: (inout JSONOutput) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        content(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(.hexDigit(byte >> 4))
                bytes.append(.hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
