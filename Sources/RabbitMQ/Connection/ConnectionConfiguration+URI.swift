extension ConnectionConfiguration {
    /// Reads a RabbitMQ URI: `amqp://user:password@host:port/vhost?heartbeat=15&connection_timeout=5000`.
    ///
    /// `amqps` encrypts, on port 5671 unless told otherwise, and takes the parameters `cacertfile`, `certfile` and
    /// `keyfile`, which name PEM files. User, password, virtual host and file names are percent-decoded. `amqp://host` means virtual host `/`;
    /// `amqp://host/` means the virtual host with the empty name, as RabbitMQ's URI specification says.
    ///
    /// - Throws: ``RabbitMQError`` with ``RabbitMQError/Code/invalidURI``; its message names the part and the mend and
    ///   never repeats the URI, which holds a password.
    public init(uri: String, connectionName: String = "adf-trigger") throws(RabbitMQError) {
        func invalid(_ message: String) -> RabbitMQError {
            RabbitMQError(.invalidURI, "\(message); expected amqp://user:password@host:port/vhost")
        }
        guard let schemeEnd = uri.firstRange(of: "://") else { throw invalid("the AMQP URI has no scheme") }
        // What stands in place of a scheme or a parameter is not repeated: where a password's reserved characters are
        // not escaped, it is a piece of the password.
        let scheme = uri[..<schemeEnd.lowerBound].lowercased()
        guard ["amqp", "amqps"].contains(scheme) else { throw invalid("the AMQP URI's scheme is not amqp or amqps") }
        let isEncrypted = scheme == "amqps"
        let rest = uri[schemeEnd.upperBound...]
        let (beforeQuery, query) = rest.split(at: "?")
        let (authority, path) = beforeQuery.split(at: "/")

        var user = "guest"
        var password = "guest"
        var hostAndPort = authority
        if let at = authority.lastIndex(of: "@") {
            let (rawUser, rawPassword) = authority[..<at].split(at: ":")
            guard let decodedUser = rawUser.percentDecoded, let decodedPassword = (rawPassword ?? "").percentDecoded
            else { throw invalid("the AMQP URI's user or password has a bad percent escape") }
            (user, password) = (decodedUser, decodedPassword)
            hostAndPort = authority[authority.index(after: at)...]
        }
        guard !user.utf8.contains(0), !password.utf8.contains(0) else {
            throw invalid("the AMQP URI's user or password holds a zero byte")
        }

        let (host, port) = try Self.hostAndPort(hostAndPort, defaultPort: isEncrypted ? 5671 : 5672, invalid)
        var virtualHost = "/"
        if let path {
            guard !path.contains("/"), let decoded = path.percentDecoded, !decoded.utf8.contains(0) else {
                throw invalid("the AMQP URI's virtual host is not one percent-encoded path segment")
            }
            virtualHost = decoded
        }
        self.init(
            host: host,
            port: port,
            user: user,
            password: Password(password),
            virtualHost: virtualHost,
            connectionName: connectionName
        )
        var authoritiesFile: String?
        var certificateFile: String?
        var keyFile: String?
        for item in (query ?? "").split(separator: "&") {
            let (name, value) = item.split(at: "=")
            let number = value.flatMap { UInt32($0) }
            switch name {
            case "heartbeat":
                guard let number, (1...3600).contains(number) else {
                    throw invalid("the AMQP URI's heartbeat must be 1 to 3600 seconds")
                }
                heartbeat = .seconds(Int64(number))
            case "connection_timeout":
                guard let number, number > 0 else {
                    throw invalid("the AMQP URI's connection_timeout must be a number of milliseconds above 0")
                }
                connectTimeout = .milliseconds(Int64(number))
            case "cacertfile": authoritiesFile = try Self.file(value, name, invalid)
            case "certfile": certificateFile = try Self.file(value, name, invalid)
            case "keyfile": keyFile = try Self.file(value, name, invalid)
            default:
                throw invalid(
                    "the AMQP URI has a parameter other than heartbeat, connection_timeout, cacertfile, certfile and keyfile"
                )
            }
        }
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw invalid("the AMQP URI has one of certfile and keyfile, and they go together")
        }
        guard isEncrypted || (authoritiesFile == nil && certificateFile == nil) else {
            throw invalid("the AMQP URI names certificates, and its scheme is not amqps")
        }
        if isEncrypted {
            tls = TLSConfiguration(authoritiesFile: authoritiesFile ?? TLSConfiguration.systemAuthorities)
            if let certificateFile, let keyFile {
                tls?.clientCertificate = .init(certificateFile: certificateFile, keyFile: keyFile)
            }
        }
    }

    private static func file(
        _ value: Substring?,
        _ name: Substring,
        _ invalid: (String) -> RabbitMQError
    ) throws(RabbitMQError) -> String {
        guard let path = value?.percentDecoded, !path.isEmpty, !path.utf8.contains(0) else {
            throw invalid("the AMQP URI's \(name) is not a percent-encoded path")
        }
        return path
    }

    private static func hostAndPort(
        _ text: Substring,
        defaultPort: UInt16,
        _ invalid: (String) -> RabbitMQError
    ) throws(RabbitMQError) -> (String, UInt16) {
        let host: Substring
        let port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw invalid("the AMQP URI's address lacks its \"]\"") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw invalid("the AMQP URI's address is followed by text")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            (host, port) = text.split(at: ":")
        }
        guard !host.isEmpty, !host.utf8.contains(0) else { throw invalid("the AMQP URI has no host") }
        guard let port else { return (String(host), defaultPort) }
        guard let number = UInt16(port), number > 0 else { throw invalid("the AMQP URI's port is not 1 to 65535") }
        return (String(host), number)
    }
}

extension Substring {
    /// The part before the first `separator`, and the part behind it where there is one.
    fileprivate func split(at separator: Character) -> (Substring, Substring?) {
        guard let index = firstIndex(of: separator) else { return (self, nil) }
        return (self[..<index], self[self.index(after: index)...])
    }

    /// Nil where an escape is not `%` and two hexadecimal digits, or the result is not UTF-8.
    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
                let low = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
