extension ConnectionConfiguration {
    /// Reads a RabbitMQ URI of one host: `amqps://user:password@host:port/vhost?heartbeat=15`.
    ///
    /// `amqps` encrypts, on port 5671 unless told otherwise. User, password, host, virtual host and the parameters'
    /// values are percent-decoded. `amqp://host` means virtual host `/`; `amqp://host/` means the virtual host with the
    /// empty name, as [RabbitMQ's URI specification](https://www.rabbitmq.com/docs/uri-spec) says.
    ///
    /// The parameters are [RabbitMQ's](https://www.rabbitmq.com/docs/uri-query-parameters):
    ///
    /// - `heartbeat` in seconds, `connection_timeout` in milliseconds, `channel_max`, and `frame_max` in bytes.
    /// - `auth_mechanism`: `plain`, or `external` to log in by client certificate. Given twice, the second is for a broker
    ///   that does not offer the first.
    /// - For `amqps`: the PEM files `cacertfile`, `certfile` and `keyfile`; `password`, the passphrase of the key;
    ///   `server_name_indication`, the name the broker is known by where that is not the host; and `verify`, which can be
    ///   nothing but `verify_peer`.
    /// - Ours: `passwordfile`, a file with the user's password in place of one in the URI; see ``Password/file(_:)``.
    ///
    /// - Throws: ``RabbitMQError`` with ``RabbitMQError/Code/invalidURI``; its message names the part and the mend and
    ///   never repeats the URI, which holds a password.
    public init(uri: String, connectionName: String = "adf-trigger") throws(RabbitMQError) {
        let all = try Self.configurations(uris: uri, connectionName: connectionName)
        guard all.count == 1 else {
            throw .invalidURI(
                "names \(all.count) hosts, and one is wanted here; ConnectionConfiguration.configurations(uris:) reads several"
            )
        }
        self = all[0]
    }

    /// Reads the hosts of a cluster, in the order in which they should be tried.
    ///
    /// Several hosts stand in one URI behind commas, where they have everything else in common, as in
    /// `amqp://user:password@a:5672,b:5673,[::1]:5672/vhost`, or in several URIs with white space between them, or both.
    /// See ``init(uri:connectionName:)`` for the rest.
    ///
    /// - Throws: ``RabbitMQError`` with ``RabbitMQError/Code/invalidURI``; its message names the part and the mend and
    ///   never repeats a URI.
    /// - Returns: At least one.
    public static func configurations(
        uris: String,
        connectionName: String = "adf-trigger"
    ) throws(RabbitMQError) -> [ConnectionConfiguration] {
        var all: [ConnectionConfiguration] = []
        for uri in uris.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || (9...13).contains($0) }) {
            all += try hosts(ofURI: Substring(uri), connectionName: connectionName)
        }
        guard !all.isEmpty else { throw .badlyFormed("is empty") }
        return all
    }

    private static func hosts(
        ofURI uri: Substring,
        connectionName: String
    ) throws(RabbitMQError) -> [ConnectionConfiguration] {
        guard let schemeEnd = uri.firstRange(of: "://") else { throw .badlyFormed("has no scheme") }
        // What stands in place of a scheme or a parameter is not repeated: where a password's reserved characters are
        // not escaped, it is a piece of the password.
        let scheme = uri[..<schemeEnd.lowerBound].lowercased()
        guard ["amqp", "amqps"].contains(scheme) else { throw .badlyFormed("has a scheme other than amqp and amqps") }
        let isEncrypted = scheme == "amqps"
        let (beforeQuery, query) = uri[schemeEnd.upperBound...].split(at: "?")
        let (authority, path) = beforeQuery.split(at: "/")

        var common = ConnectionConfiguration(host: "", connectionName: connectionName)
        let hostsAndPorts: Substring
        var hasPassword = false
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            hasPassword = try common.readCredentials(authority[..<at])
            hostsAndPorts = authority[authority.utf8.index(after: at)...]
        } else {
            hostsAndPorts = authority
        }
        if let path { common.virtualHost = try virtualHost(path) }
        if isEncrypted { common.tls = TLSConfiguration() }

        let addresses = try hostsAndPorts.splitAll(at: ",").map { text throws(RabbitMQError) in
            try hostAndPort(text, defaultPort: isEncrypted ? 5671 : 5672)
        }
        // Last: an error in the hosts is likelier the cause of one in the parameters than the other way round.
        try URIParameters(query ?? "").apply(to: &common, hasPassword: hasPassword)
        return addresses.map { host, port in
            var one = common
            (one.host, one.port) = (host, port)
            return one
        }
    }

    /// Returns whether there is a password among them.
    private mutating func readCredentials(_ text: Substring) throws(RabbitMQError) -> Bool {
        let (rawUser, rawPassword) = text.split(at: ":")
        guard let decodedUser = rawUser.percentDecoded, let decodedPassword = (rawPassword ?? "").percentDecoded else {
            throw .badlyFormed("has a bad percent escape in its user or password")
        }
        guard !decodedUser.utf8.contains(0), !decodedPassword.utf8.contains(0) else {
            throw .badlyFormed("has a zero byte in its user or password")
        }
        (user, password) = (decodedUser, Password(decodedPassword))
        return !decodedPassword.isEmpty
    }

    private static func virtualHost(_ path: Substring) throws(RabbitMQError) -> String {
        // The end of a password with an unescaped "/" would otherwise pass for a virtual host, and its beginning for a
        // host and a port, which are logged.
        guard !path.utf8.contains(UInt8(ascii: "@")) else {
            throw .badlyFormed(
                "has an \"@\" behind its first \"/\"; write %2F for a \"/\" in a password, and %40 for an \"@\""
            )
        }
        guard !path.utf8.contains(UInt8(ascii: "/")), let decoded = path.percentDecoded, !decoded.utf8.contains(0),
            decoded.utf8.count <= 255
        else {
            throw .badlyFormed("has a virtual host that is not one percent-encoded path segment of 255 bytes at most")
        }
        return decoded
    }

    private static func hostAndPort(_ text: Substring, defaultPort: UInt16) throws(RabbitMQError) -> (String, UInt16) {
        let rawHost: Substring
        let port: Substring?
        if text.utf8.first == UInt8(ascii: "[") {
            let (address, rest) = text.split(at: "]")
            guard let rest else { throw .badlyFormed("has an address that lacks its \"]\"") }
            guard rest.isEmpty || rest.utf8.first == UInt8(ascii: ":") else {
                throw .badlyFormed("has an address that is followed by text")
            }
            rawHost = Substring(address.utf8.dropFirst())
            port = rest.isEmpty ? nil : Substring(rest.utf8.dropFirst())
        } else {
            (rawHost, port) = text.split(at: ":")
        }
        guard !rawHost.isEmpty else { throw .badlyFormed("has no host, or a comma too many between hosts") }
        guard let host = rawHost.percentDecoded, !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .badlyFormed("has a host with a bad percent escape or a control character")
        }
        guard let port else { return (host, defaultPort) }
        guard let number = UInt16(port), number > 0 else { throw .badlyFormed("has a port that is not 1 to 65535") }
        return (host, number)
    }
}

extension RabbitMQError {
    /// - Parameter words: What the URI has or lacks. No text of the URI: it may be a piece of the password.
    static func invalidURI(_ words: String) -> RabbitMQError {
        RabbitMQError(.invalidURI, "the AMQP URI \(words)")
    }

    fileprivate static func badlyFormed(_ words: String) -> RabbitMQError {
        invalidURI("\(words); expected amqp://user:password@host:port/vhost")
    }
}
