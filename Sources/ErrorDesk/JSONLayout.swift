/// Lays JSON text out for reading, on lines of its own for each member; every value stays as it is written.
///
/// Foundation would read numbers and write others: 1.10 becomes 1.1, and a large integer another one.
package enum JSONLayout {
    /// Deeper values are not moved further to the right.
    private static let deepest = 32

    /// - Parameter text: Valid JSON; of other text nothing but the spacing is changed either.
    package static func lines(of text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var depth = 0
        var index = 0
        func breakLine() {
            result += [UInt8(ascii: "\n")] + Array(repeating: UInt8(ascii: " "), count: 2 * min(depth, deepest))
        }
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""):
                let end = endOfString(text, index)
                result += text[index..<end]
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                result.append(byte)
                let next = skipSpace(text, index + 1)
                if next < text.count, text[next] == byte + 2 {
                    // Empty ones stay on the line: both closing brackets are two behind the opening ones.
                    result.append(text[next])
                    index = next
                } else {
                    depth += 1
                    breakLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                breakLine()
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                breakLine()
            case UInt8(ascii: ":"): result += [byte, UInt8(ascii: " ")]
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
            default: result.append(byte)
            }
            index += 1
        }
        return result
    }

    private static func endOfString(_ text: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, text.count)
    }

    private static func skipSpace(_ text: [UInt8], _ start: Int) -> Int {
        var index = start
        while index < text.count, [0x20, 0x0A, 0x0D, 0x09].contains(text[index]) { index += 1 }
        return index
    }
}
