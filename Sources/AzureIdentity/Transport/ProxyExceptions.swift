/// What `NO_PROXY` lists: the hosts that are spoken to directly.
///
/// There is no standard. A name stands for itself and its subdomains, with or without a leading dot, as in curl and
/// Python; CIDR blocks and `*.` are read as in Go. An entry that says nothing is refused, because a request that was to
/// stay inside would otherwise go through the proxy.
struct ProxyExceptions: Sendable {
    private struct Entry: Sendable {
        enum Hosts: Sendable {
            case all
            case domain(String)
            case block(IPBlock)
        }

        let hosts: Hosts
        let port: Int?
    }

    private let entries: [Entry]

    /// No exceptions.
    init() {
        entries = []
    }

    /// Reads a list, separated by commas or blanks.
    ///
    /// - Parameter setting: The variable's name, for the error.
    init(_ text: String, setting: String) throws(HTTPSettingsError) {
        var entries: [Entry] = []
        for word in text.lowercased().split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let entry = Self.entry(word) else {
                throw HTTPSettingsError(
                    setting: setting,
                    message: "\"\(BoundedText.cut(String(word), toBytes: 64))\" is no host name, .domain, address, "
                        + "CIDR block such as 10.0.0.0/8, or one of these with :port, and not *"
                )
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    func contain(_ origin: URLOrigin) -> Bool {
        guard !entries.isEmpty else { return false }
        var host = origin.host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let address = IPAddress(host.first == "[" ? String(host.dropFirst().dropLast()) : host)
        let port = origin.port ?? (origin.isSecure ? 443 : 80)
        return entries.contains { entry in
            guard entry.port == nil || entry.port == port else { return false }
            switch entry.hosts {
            case .all: return true
            case .domain(let name): return host == name || host.hasSuffix(".\(name)")
            case .block(let block): return address.map(block.contains) ?? false
            }
        }
    }

    private static func entry(_ word: Substring) -> Entry? {
        if let hosts = hosts(word) { return Entry(hosts: hosts, port: nil) }
        guard let colon = word.lastIndex(of: ":"), let hosts = hosts(word[..<colon]),
            let port = Int(word[word.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        return Entry(hosts: hosts, port: port)
    }

    private static func hosts(_ word: Substring) -> Entry.Hosts? {
        if word == "*" { return .all }
        if word.first == "[" {
            guard word.last == "]" else { return nil }
            return IPAddress(String(word.dropFirst().dropLast())).map { .block(IPBlock($0)) }
        }
        if word.contains("/") { return IPBlock(word).map { .block($0) } }
        if let address = IPAddress(String(word)) { return .block(IPBlock(address)) }
        var name = word
        if name.hasPrefix("*") { name = name.dropFirst() }
        if name.count < word.count, !name.hasPrefix(".") { return nil }
        if name.hasPrefix(".") { name = name.dropFirst() }
        if name.hasSuffix(".") { name = name.dropLast() }
        // The characters of a host are those of every other URL.
        guard let origin = URLOrigin(url: "http://\(name)/"), origin.host == name, !name.hasPrefix(".") else {
            return nil
        }
        return .domain(String(name))
    }
}
