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
        // Every form is at least as long, and a token is longer than nearly all that is looked through for it.
        guard !value.isEmpty, text.utf8.count >= value.utf8.count else { return text }
        let encoded = PercentEncoding.encode(value)
        var forms = [value, Data(value.utf8).base64EncodedString()]
        if encoded != value { forms += [encoded, Self.withSmallEscapes(encoded)] }
        return forms.reduce(text) { $0.replacingBytes(of: $1, with: description) }
    }

    private static func withSmallEscapes(_ text: String) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        return ([String(parts[0])] + parts.dropFirst().map { $0.prefix(2).lowercased() + $0.dropFirst(2) })
            .joined(separator: "%")
    }
}

extension String {
    /// By bytes: as characters a part hides where a mark follows it, and the search itself takes longer than a request.
    fileprivate func replacingBytes(of part: String, with replacement: String) -> String {
        let bytes = Array(utf8)
        let part = Array(part.utf8)
        guard let first = part.first, bytes.count >= part.count else { return self }
        var result: [UInt8] = []
        var kept = 0
        var index = 0
        while index <= bytes.count - part.count {
            if bytes[index] == first, bytes[index..<(index + part.count)].elementsEqual(part) {
                result += bytes[kept..<index]
                result += replacement.utf8
                index += part.count
                kept = index
            } else {
                index += 1
            }
        }
        guard kept > 0 else { return self }
        return String(decoding: result + bytes[kept...], as: UTF8.self)
    }
}
