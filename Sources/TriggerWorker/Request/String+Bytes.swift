/// Text as bytes, for what every request passes: characters take many times as long, and names are compared by bytes.
extension String {
    /// Whether there is such a byte.
    func hasBytes(where isWanted: (UInt8) -> Bool) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where isWanted(bytes[index]) { return true }
        return false
    }

    /// Whether both are spelled alike. `==` takes different spellings of one character for equal, and long for it.
    func hasSameBytes(as other: String) -> Bool {
        let bytes = utf8.span
        let others = other.utf8.span
        guard bytes.count == others.count else { return false }
        for index in bytes.indices where bytes[index] != others[index] { return false }
        return true
    }

    /// Whether both are the same to ARM, which ignores the case of names. Only ASCII letters are lowered, so that it means
    /// the same to every implementation.
    func isSameName(as other: String) -> Bool {
        let bytes = utf8.span
        let others = other.utf8.span
        guard bytes.count == others.count else { return false }
        for index in bytes.indices where bytes[index].loweringASCII != others[index].loweringASCII { return false }
        return true
    }

    /// The same with small letters, as ``isSameName(as:)`` has it.
    var loweringASCII: String {
        hasBytes { $0 != $0.loweringASCII } ? String(decoding: utf8.map(\.loweringASCII), as: UTF8.self) : self
    }
}

extension UInt8 {
    /// The small letter, where it is a capital one of ASCII.
    var loweringASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// The digit for a value below 16, with small letters.
    var hexadecimalDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") + self : UInt8(ascii: "a") + self - 10
    }
}
