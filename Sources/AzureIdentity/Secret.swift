#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

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

    /// The text without this value, for text that came from outside: plain, percent-encoded as we send it or with
    /// small letters, and in base64.
    package func redacted(from text: String) -> String {
        guard !value.isEmpty else { return text }
        let encoded = PercentEncoding.encode(value)
        return [value, encoded, Self.withSmallEscapes(encoded), Data(value.utf8).base64EncodedString()]
            .reduce(text) { $0.replacingOccurrences(of: $1, with: description) }
    }

    private static func withSmallEscapes(_ text: String) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        return ([String(parts[0])] + parts.dropFirst().map { $0.prefix(2).lowercased() + $0.dropFirst(2) })
            .joined(separator: "%")
    }
}

extension String {
    fileprivate func replacingOccurrences(of part: String, with replacement: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
    }
}
