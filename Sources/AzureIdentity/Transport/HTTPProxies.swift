/// Which requests go through which proxy, as the environment says.
///
/// | Variable | For |
/// |---|---|
/// | `https_proxy`, `HTTPS_PROXY` | https requests |
/// | `http_proxy` | http requests; the upper-case name is not read, because a CGI server sets it from a request's header |
/// | `all_proxy`, `ALL_PROXY` | whatever the others leave out |
/// | `no_proxy`, `NO_PROXY` | what goes directly: `*`, host names with their subdomains, addresses, CIDR blocks, each with or without a port |
///
/// A proxy is `http://host:port`, `http://user:password@host:port` or `socks5://host:port`; without a scheme it is
/// taken as http. The lower-case name wins where both are set, and an empty value means no proxy, as in curl. A SOCKS
/// proxy resolves the host names itself.
///
/// Whatever the variables say, loopback hosts and requests with ``HTTPRequest/bypassesProxy`` go directly.
public struct HTTPProxies: Sendable {
    /// No proxy for anything.
    public static let none = HTTPProxies()

    let secure: HTTPProxy?
    let plain: HTTPProxy?
    private let exceptions: ProxyExceptions

    private init() {
        secure = nil
        plain = nil
        exceptions = ProxyExceptions()
    }

    /// Reads the proxy variables.
    ///
    /// - Parameter environment: The process's environment, or a part of it.
    /// - Throws: ``HTTPSettingsError`` if a variable cannot be read or names a kind of proxy that is not supported.
    public init(environment: [String: String]) throws(HTTPSettingsError) {
        func proxy(_ names: String...) throws(HTTPSettingsError) -> HTTPProxy? {
            guard let name = names.first(where: { environment[$0] != nil }), let text = environment[name] else {
                return nil
            }
            return text.isEmpty ? nil : try HTTPProxy(text, setting: name)
        }
        secure = try proxy("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        plain = try proxy("http_proxy", "all_proxy", "ALL_PROXY")
        let name = environment["no_proxy"] != nil ? "no_proxy" : "NO_PROXY"
        exceptions = try ProxyExceptions(environment[name] ?? "", setting: name)
    }

    /// The proxy for a URL of that origin, nil to go directly.
    package func proxy(for origin: URLOrigin) -> HTTPProxy? {
        guard let proxy = origin.isSecure ? secure : plain else { return nil }
        return origin.isLoopback || exceptions.contain(origin) ? nil : proxy
    }
}

extension HTTPProxies: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The proxies' hosts and ports, without user names and passwords.
    public var description: String {
        "https: \(secure?.description ?? "none"), http: \(plain?.description ?? "none")"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides the passwords from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["proxies": description]) }
}
