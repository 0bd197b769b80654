/// A service tokens can be for.
struct Resource: Sendable {
    /// What the token's audience is: the name as the client wrote it.
    let name: String
    private let host: String
    private let isSecure: Bool

    /// The hosts ARM's tokens are named after, in the public, Chinese and US Government clouds.
    private static let managementHosts: Set<String> = [
        "management.azure.com", "management.core.windows.net",
        "management.chinacloudapi.cn", "management.core.chinacloudapi.cn",
        "management.usgovcloudapi.net", "management.core.usgovcloudapi.net",
    ]

    /// Other services of every tenant: a token for one of them is a good token, and no use to ARM.
    private static let otherHosts: Set<String> = [
        "graph.microsoft.com", "vault.azure.net", "storage.azure.com", "servicebus.azure.net", "database.windows.net",
    ]

    /// Reads a URL of a host alone, with or without slashes after it; nil for anything else.
    init?(_ name: some StringProtocol) {
        let pieces = name.split(separator: "/")
        guard pieces.count == 2, pieces[0] == "https:" || pieces[0] == "http:",
            name.hasPrefix("\(pieces[0])//\(pieces[1])")
        else { return nil }
        self.name = String(name)
        self.host = pieces[1].lowercased()
        self.isSecure = pieces[0] == "https:"
    }

    /// Reads the scope that stands for all of a resource; nil for any other scope.
    init?(scope: String) {
        let suffix = "/.default"
        guard scope.hasSuffix(suffix) else { return nil }
        self.init(scope.dropLast(suffix.count))
    }

    /// Whether ARM takes tokens for it: it is ARM in one of the clouds, or the emulator itself.
    /// - Parameter authority: the host and port the client knows the emulator by.
    func isManagement(authority: String) -> Bool {
        isSecure && Self.managementHosts.contains(host) || host == authority.lowercased()
    }

    /// Whether there is such a service.
    func isKnown(authority: String) -> Bool {
        isManagement(authority: authority) || isSecure && Self.otherHosts.contains(host)
    }
}
