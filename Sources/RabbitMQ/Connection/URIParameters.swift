/// The parameters of a connection URI, read and checked one by one.
struct URIParameters {
    private var heartbeat: Duration?
    private var connectTimeout: Duration?
    private var channelMaximum: UInt16?
    private var frameByteCount: Int?
    private var mechanisms: [ConnectionConfiguration.Authentication] = []
    private var passwordFile: String?
    private var authoritiesFile: String?
    private var certificateFile: String?
    private var keyFile: String?
    private var passphrase: String?
    private var serverName: String?
    /// Those that mean something for amqps alone, for the words of an error.
    private var encryptionNames: [String] = []

    /// Reads what stands behind the question mark.
    init(_ query: Substring) throws(RabbitMQError) {
        var seen: Set<Substring> = []
        for item in query.splitAll(at: "&") where !item.isEmpty {
            let (name, value) = item.split(at: "=")
            // An unknown one is refused before a repeated one, for only known names may be repeated in an error.
            try read(name, value ?? "")
            guard seen.insert(name).inserted || name == "auth_mechanism" else {
                throw .invalidURI("has the parameter \(name) twice; leave one")
            }
        }
    }

    private mutating func read(_ name: Substring, _ value: Substring) throws(RabbitMQError) {
        switch name {
        case "heartbeat": heartbeat = .seconds(try Self.number(value, name, in: 1...3600, "seconds"))
        case "connection_timeout":
            let range = 1...Int(Int32.max)
            connectTimeout = .milliseconds(try Self.number(value, name, in: range, "milliseconds"))
        case "channel_max": channelMaximum = UInt16(try Self.number(value, name, in: 1...65_535, "channels"))
        case "frame_max":
            let range = 4096...ConnectionConfiguration.frameByteCount
            frameByteCount = try Self.number(value, name, in: range, "bytes")
        case "auth_mechanism": try readMechanism(value)
        case "passwordfile": passwordFile = try Self.text(value, name, "path")
        case "cacertfile": authoritiesFile = try encryption(value, name, "path")
        case "certfile": certificateFile = try encryption(value, name, "path")
        case "keyfile": keyFile = try encryption(value, name, "path")
        case "password": passphrase = try encryption(value, name, "passphrase of the key")
        case "server_name_indication": try readServerName(value)
        case "verify": try readVerification(value)
        case "fail_if_no_peer_cert":
            throw .invalidURI(
                "has the parameter fail_if_no_peer_cert, which is a setting of the broker; take it out here"
            )
        default:
            throw .invalidURI(
                """
                has a parameter other than auth_mechanism, cacertfile, certfile, channel_max, connection_timeout, \
                frame_max, heartbeat, keyfile, password, passwordfile, server_name_indication and verify; \
                write %3F for a "?" in a password
                """
            )
        }
    }

    private mutating func readMechanism(_ value: Substring) throws(RabbitMQError) {
        let mechanism: ConnectionConfiguration.Authentication
        switch value.lowercased() {
        case "plain": mechanism = .plain
        case "external": mechanism = .external
        case "amqplain":
            throw .invalidURI("has the auth_mechanism amqplain, which is not spoken here; plain sends the same")
        default: throw .invalidURI("has an auth_mechanism other than plain and external")
        }
        if !mechanisms.contains(mechanism) { mechanisms.append(mechanism) }
    }

    private mutating func readServerName(_ value: Substring) throws(RabbitMQError) {
        let name = try encryption(value, "server_name_indication", "name of the broker")
        // The Erlang client's word for not checking the name.
        guard name != "disable" else {
            throw .invalidURI(
                "has server_name_indication=disable, and the broker's name is always checked; give the one in its certificate"
            )
        }
        guard TLSConfiguration.isVerifiable(name) else {
            throw .invalidURI("has a server_name_indication that starts with a dot or has more than 253 bytes")
        }
        serverName = name
    }

    private mutating func readVerification(_ value: Substring) throws(RabbitMQError) {
        encryptionNames.append("verify")
        switch value {
        case "verify_peer": break
        case "verify_none":
            throw .invalidURI(
                "has verify=verify_none, and the broker is always verified; name its authority with cacertfile"
            )
        default: throw .invalidURI("has a verify other than verify_peer")
        }
    }

    private mutating func encryption(_ value: Substring, _ name: Substring, _ what: String) throws(RabbitMQError)
        -> String
    {
        encryptionNames.append(String(name))
        return try Self.text(value, name, what)
    }

    private static func text(_ value: Substring, _ name: Substring, _ what: String) throws(RabbitMQError) -> String {
        guard let text = value.percentDecoded, !text.isEmpty, !text.utf8.contains(0) else {
            throw .invalidURI("has a \(name) that is no percent-encoded \(what)")
        }
        return text
    }

    private static func number(
        _ value: Substring,
        _ name: Substring,
        in range: ClosedRange<Int>,
        _ unit: String
    ) throws(RabbitMQError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw .invalidURI("has a \(name) that is not \(range.lowerBound) to \(range.upperBound) \(unit)")
        }
        return number
    }

    /// Sets what was given, where it fits together.
    ///
    /// - Parameter hasPassword: Whether one stands in the URI.
    func apply(to configuration: inout ConnectionConfiguration, hasPassword: Bool) throws(RabbitMQError) {
        if let heartbeat { configuration.heartbeat = heartbeat }
        if let connectTimeout { configuration.connectTimeout = connectTimeout }
        if let channelMaximum { configuration.channelMaximum = channelMaximum }
        if let frameByteCount { configuration.frameByteCount = frameByteCount }
        if let passwordFile {
            guard !hasPassword else { throw .invalidURI("has a password and a passwordfile; leave one") }
            configuration.password = .file(passwordFile)
        }
        if configuration.tls == nil, let name = encryptionNames.first {
            throw .invalidURI("has the parameter \(name), which is for amqps, and its scheme is amqp")
        }
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw .invalidURI("has one of certfile and keyfile, and they go together")
        }
        guard passphrase == nil || keyFile != nil else {
            throw .invalidURI("has the parameter password, the passphrase of a key, and no keyfile")
        }
        if mechanisms.contains(.external), certificateFile == nil {
            throw .invalidURI("has the auth_mechanism external, which needs amqps with certfile and keyfile")
        }
        configuration.tls?.authoritiesFile = authoritiesFile
        configuration.tls?.serverName = serverName
        if let certificateFile, let keyFile {
            configuration.tls?.clientCertificate = .init(
                certificateFile: certificateFile,
                keyFile: keyFile,
                passphrase: passphrase.map { ConnectionConfiguration.Password($0) }
            )
        }
        if let first = mechanisms.first { configuration.authentication = first }
        configuration.fallbackAuthentication = mechanisms.dropFirst().first
    }
}
