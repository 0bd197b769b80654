/// Scheme, host and port of a URL, as they stand in it, and what they mean.
final class URLBase: Sendable {
    /// The text; what is asked for there stands behind it.
    let text: String
    /// What it means.
    let origin: URLOrigin

    /// Nil where it is none that ``URLOrigin`` takes.
    init?(of url: String) {
        guard let origin = URLOrigin(url: url) else { return nil }
        let bytes = url.utf8
        let host = bytes.firstIndex(of: UInt8(ascii: ":")).flatMap {
            bytes.index($0, offsetBy: 3, limitedBy: bytes.endIndex)
        }
        let rest = bytes[(host ?? bytes.endIndex)...]
        text = String(url[..<(rest.firstIndex(where: URLOrigin.endsAuthority) ?? bytes.endIndex)])
        self.origin = origin
    }

    /// Whether that is the URL's.
    func isBase(of url: String) -> Bool {
        let (bytes, own) = (url.utf8.span, text.utf8.span)
        guard bytes.count >= own.count else { return false }
        for index in own.indices where own[index] != bytes[index] { return false }
        return bytes.count == own.count || URLOrigin.endsAuthority(bytes[own.count])
    }
}
