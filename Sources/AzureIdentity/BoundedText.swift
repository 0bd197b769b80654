/// Text from outside, cut to a size that can be logged and sent on.
package enum BoundedText {
    /// The beginning of the text, at most so many bytes of UTF-8, never half a character.
    package static func cut(_ text: String, toBytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}
