#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The one way in for JSON from outside: what a service answered, or a program wrote.
package enum JSONAnswer {
    /// How deeply arrays and objects may lie in each other; more is refused by Foundation's decoder as well.
    private static let deepest = 512

    /// The value, or nil if the bytes are no JSON of that shape in UTF-8.
    ///
    /// JSONDecoder alone will not do: in Swift 6.3.1 it traps where the array that is one too deep begins at the very
    /// last byte, so that 513 bytes of `[` would end the process. Measuring the depth first may go when that is mended.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        isMeasurable(bytes) ? try? JSONDecoder().decode(type, from: Data(bytes)) : nil
    }

    private static func isMeasurable(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            // UTF-16 and UTF-32, which JSONDecoder would read: every bracket of theirs has one.
            if byte == 0 { return false }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > deepest { return false }
            // Below zero it is no JSON, and the decoder stops there.
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return true
    }
}
