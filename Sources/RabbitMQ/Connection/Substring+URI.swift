/// Pieces of a URI. By bytes: as characters, a delimiter and an accent behind it would be something else.
extension Substring {
    /// The part before the first `separator`, and the part behind it where there is one.
    func split(at separator: Unicode.Scalar) -> (Substring, Substring?) {
        guard let index = utf8.firstIndex(of: UInt8(ascii: separator)) else { return (self, nil) }
        return (self[..<index], self[utf8.index(after: index)...])
    }

    /// The parts between all separators; at least one, which may be empty.
    func splitAll(at separator: Unicode.Scalar) -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// Nil where an escape is not `%` and two hexadecimal digits, or the result is not UTF-8.
    var percentDecoded: String? {
        var bytes: [UInt8] = []
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
                let low = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
