/// One proxy. It prints without its password.
package struct HTTPProxy: Sendable, Equatable {
    /// How the proxy is spoken to.
    package enum Kind: Sendable {
        /// HTTP/1.1 `CONNECT`, in the clear; what is sent through the tunnel is encrypted if the request is https.
        case http
        /// SOCKS 5 without authentication.
        case socks5
    }

    /// A user name and a password, sent as `Proxy-Authorization: Basic`.
    package struct Login: Sendable, Equatable {
        /// The user name, without a colon.
        package let user: String
        /// The password, which may be empty.
        package let password: Secret

        /// Compares the passwords, too.
        package static func == (one: Self, other: Self) -> Bool {
            one.user == other.user && one.password.value == other.password.value
        }
    }

    /// How it is spoken to.
    package let kind: Kind
    /// A name or an address, an IPv6 address without its brackets.
    package let host: String
    /// The port it listens on.
    package let port: Int
    /// Who asks it, if it wants to know.
    package let login: Login?

    /// Reads a variable's value.
    ///
    /// - Parameters:
    ///   - text: `[http://][user:password@]host[:port]` or `socks5://host[:port]`, the port 80 or 1080 by default.
    ///   - setting: The variable's name, for the error.
    init(_ text: String, setting: String) throws(HTTPSettingsError) {
        func fault(_ message: String) -> HTTPSettingsError { HTTPSettingsError(setting: setting, message: message) }

        let (scheme, rest) = Self.splitScheme(text)
        switch scheme.lowercased() {
        case "http": kind = .http
        case "socks5", "socks5h": kind = .socks5
        case "https":
            throw fault("a proxy that is itself spoken to over https is not supported: give it as http://host:port")
        default: throw fault("not a proxy: give it as http://host:port or socks5://host:port")
        }

        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard rest[end...].isEmpty || rest[end...] == "/" else {
            throw fault("a proxy has no path: give it as http://host:port")
        }
        // The last @: a password may hold one, and then this is what everybody reads.
        let at = rest[..<end].lastIndex(of: "@")
        if let at {
            guard kind == .http else { throw fault("user name and password are supported for http proxies alone") }
            guard let login = Self.login(rest[..<at]) else {
                throw fault("the user name or the password is not percent-encoded properly")
            }
            self.login = login
        } else {
            login = nil
        }
        let authority = rest[(at.map(rest.index(after:)) ?? rest.startIndex)..<end]
        // The syntax of hosts and ports is that of every other URL.
        guard let origin = URLOrigin(url: "http://\(authority)"), (1...65_535).contains(origin.port ?? 80) else {
            throw fault("the proxy's host or port cannot be read: give it as http://host:port")
        }
        host = origin.host.first == "[" ? String(origin.host.dropFirst().dropLast()) : origin.host
        port = origin.port ?? (kind == .http ? 80 : 1080)
    }

    private static func splitScheme(_ text: String) -> (scheme: String, rest: Substring) {
        guard let mark = text.firstRange(of: "://") else { return ("http", text[...]) }
        return (String(text[..<mark.lowerBound]), text[mark.upperBound...])
    }

    private static func login(_ text: Substring) -> Login? {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let user = PercentEncoding.decode(text[..<colon]),
            let password = PercentEncoding.decode(text[colon...].dropFirst()),
            // Basic authentication ends the user name at the first colon.
            !user.contains(":")
        else { return nil }
        return Login(user: user, password: Secret(password))
    }
}

extension HTTPProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host and port.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Hides user name and password from `dump`.
    package var customMirror: Mirror { Mirror(self, children: ["proxy": description]) }
}
