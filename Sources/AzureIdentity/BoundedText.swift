/// Text from outside, cut to a size that can be logged and sent on.
package enum BoundedText {
    /// The beginning of the text, at most so many bytes of UTF-8, never half a character.
    package static func cut(_ text: String, toBytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }

    /// The same on one line: control characters and line ends become spaces, so that nobody forges a log line.
    package static func line(_ text: String, toBytes limit: Int) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
        }
        return cut(String(String.UnicodeScalarView(scalars)), toBytes: limit)
    }

    /// The text without white space at its ends. FoundationEssentials has nothing for it.
    static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
