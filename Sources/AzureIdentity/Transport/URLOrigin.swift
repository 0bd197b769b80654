/// Scheme, host and port of an absolute URL, read without Foundation because every request passes here.
package struct URLOrigin: Sendable {
    /// Whether the scheme is https rather than http.
    package let isSecure: Bool

    /// The host without port, an IPv6 address in its brackets.
    package let host: String

    /// The port, if the URL names one.
    package let port: Int?

    /// Whether the host is this machine: `localhost`, `::1` or 127.0.0.0/8 written as four decimal numbers.
    package let isLoopback: Bool

    /// Nil unless the text begins like an http or https URL with a plain host and nothing odd in its authority.
    ///
    /// User information (`http://127.0.0.1@example.com`), backslashes and percent-encoded hosts are what other parsers
    /// disagree about; they are refused rather than interpreted.
    package init?(url: String) {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = url[colon...]
        guard rest.hasPrefix("://") else { return nil }

        let scheme = String(url[..<colon])
        if scheme.equalsIgnoringASCIICase("https") {
            isSecure = true
        } else if scheme.equalsIgnoringASCIICase("http") {
            isSecure = false
        } else {
            return nil
        }

        let authority = rest.dropFirst(3).utf8.prefix { !Self.endsAuthority($0) }
        guard let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port
        isLoopback = Self.isLoopback(host)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.equalsIgnoringASCIICase("localhost") || host == "[::1]" { return true }
        let parts = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.first?.elementsEqual("127".utf8) == true
            && parts.allSatisfy { part in
                // No sign, no leading zero: 0177 is octal to some resolvers.
                part.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
                    && (part.count == 1 || part.first != UInt8(ascii: "0"))
                    && UInt8(String(Substring(part))) != nil
            }
    }

    /// Whether the part of a URL that names its host ends before this.
    static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    private static func split(_ authority: Substring.UTF8View) -> (host: String, port: Int?)? {
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let address = authority[authority.index(after: authority.startIndex)..<end]
            let port = authority[authority.index(after: end)...]
            guard !address.isEmpty, address.allSatisfy(isAddressByte), port.isEmpty || isPort(port) else { return nil }
            return (String(Substring(authority[...end])), number(port))
        }
        let host = authority.prefix { $0 != UInt8(ascii: ":") }
        let port = authority[host.endIndex...]
        guard !host.isEmpty, host.allSatisfy(isHostByte), port.isEmpty || isPort(port) else { return nil }
        return (String(Substring(host)), number(port))
    }

    private static func number(_ port: Substring.UTF8View) -> Int? {
        // Digits too many for a number are no port either: 0, so that no reader takes it for a URL without one.
        port.isEmpty ? nil : Int(String(Substring(port.dropFirst()))) ?? 0
    }

    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        text.first == UInt8(ascii: ":") && text.count > 1
            && text.dropFirst().allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
