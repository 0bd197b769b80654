/// A value that does not print, not even when a type that holds it is dumped.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value in the clear.
    package let value: String

    /// Wraps a value.
    package init(_ value: String) {
        self.value = value
    }

    /// A placeholder.
    package var description: String { "[redacted]" }

    /// A placeholder.
    package var debugDescription: String { description }

    /// Nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The text without this value, plain or percent-encoded, for text that came from outside.
    package func redacted(from text: String) -> String {
        guard !value.isEmpty else { return text }
        return text.replacingOccurrences(of: value, with: description)
            .replacingOccurrences(of: PercentEncoding.encode(value), with: description)
    }
}

extension String {
    fileprivate func replacingOccurrences(of part: String, with replacement: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
    }
}
