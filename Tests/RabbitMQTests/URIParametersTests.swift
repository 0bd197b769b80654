import Testing

@testable import RabbitMQ

@Suite("Parameters of connection URIs")
struct URIParametersTests {
    @Test("numbers are read in the units RabbitMQ has for them, at both ends of their ranges")
    func numbers() throws {
        let configuration = try ConnectionConfiguration(
            uri: "amqp://h/v?heartbeat=7&connection_timeout=1500&channel_max=9&frame_max=8192"
        )
        let least = try ConnectionConfiguration(
            uri: "amqp://h?heartbeat=1&connection_timeout=1&channel_max=1&frame_max=4096"
        )
        let most = try ConnectionConfiguration(uri: "amqp://h?heartbeat=3600&channel_max=65535&frame_max=131072")

        #expect(configuration.virtualHost == "v")
        #expect(configuration.heartbeat == .seconds(7))
        #expect(configuration.connectTimeout == .milliseconds(1500))
        #expect(configuration.channelMaximum == 9)
        #expect(configuration.frameByteCount == 8192)
        #expect(least.heartbeat == .seconds(1))
        #expect(least.connectTimeout == .milliseconds(1))
        #expect(least.channelMaximum == 1)
        #expect(least.frameByteCount == 4096)
        #expect(most.heartbeat == .seconds(3600))
        #expect(most.channelMaximum == 65_535)
        #expect(most.frameByteCount == 131_072)
    }

    @Test("amqps encrypts, on its own port, with the system's authorities or those that are named")
    func encrypted() throws {
        let usual = try ConnectionConfiguration(uri: "amqps://h")
        let named = try ConnectionConfiguration(
            uri: """
                AMQPS://h:1?cacertfile=%2Fa%20b.pem&certfile=/c.pem&keyfile=/k.pem&password=p%26w&verify=verify_peer\
                &server_name_indication=broker.test
                """
        )

        #expect(usual.port == 5671)
        #expect(usual.tls == TLSConfiguration())
        #expect(named.port == 1)
        #expect(
            named.tls
                == TLSConfiguration(
                    authoritiesFile: "/a b.pem",
                    clientCertificate: .init(certificateFile: "/c.pem", keyFile: "/k.pem", passphrase: .init("p&w")),
                    serverName: "broker.test"
                )
        )
        #expect(try ConnectionConfiguration(uri: "amqp://h").tls == nil)
    }

    @Test("ways to log in are read in their order")
    func mechanisms() throws {
        let both = try ConnectionConfiguration(
            uri: "amqps://h?auth_mechanism=external&auth_mechanism=plain&certfile=/c&keyfile=/k"
        )
        let twice = try ConnectionConfiguration(uri: "amqp://h?auth_mechanism=plain&auth_mechanism=PLAIN")

        #expect(both.authentication == .external)
        #expect(both.fallbackAuthentication == .plain)
        #expect(twice.authentication == .plain)
        #expect(twice.fallbackAuthentication == nil)
    }

    @Test(
        "a password may be in a file",
        arguments: ["amqp://u@h?passwordfile=/a%20b", "amqp://u:@h?passwordfile=/a%20b"]
    )
    func passwordFile(uri: String) throws {
        let configuration = try ConnectionConfiguration(uri: uri)

        #expect(configuration.user == "u")
        #expect(configuration.password == .file("/a b"))
    }

    @Test(
        "a parameter that can't be used is refused by its name, with the mend",
        arguments: [
            ("amqp://h?heartbeat=0", "heartbeat that is not 1 to 3600 seconds"),
            ("amqp://h?heartbeat=3601", "heartbeat"),
            ("amqp://h?heartbeat=-1", "heartbeat"),
            ("amqp://h?heartbeat=", "heartbeat"),
            ("amqp://h?heartbeat", "heartbeat"),
            ("amqp://h?heartbeat=1.5", "heartbeat"),
            ("amqp://h?heartbeat=5&heartbeat=5", "heartbeat twice"),
            ("amqp://h?connection_timeout=0", "connection_timeout that is not 1 to 2147483647 milliseconds"),
            ("amqp://h?connection_timeout=2147483648", "connection_timeout"),
            ("amqp://h?connection_timeout=fast", "connection_timeout"),
            ("amqp://h?channel_max=0", "channel_max that is not 1 to 65535"),
            ("amqp://h?channel_max=65536", "channel_max"),
            ("amqp://h?frame_max=4095", "frame_max that is not 4096 to 131072 bytes"),
            ("amqp://h?frame_max=131073", "frame_max"),
            ("amqp://h?frame_max=0", "frame_max"),
            ("amqp://h?Heartbeat=5", "a parameter other than auth_mechanism, cacertfile,"),
            ("amqp://h/v?=1", "a parameter other than"),
            ("amqps://h?depth=2", "a parameter other than"),
            ("amqps://h?certfile=/c", "go together"),
            ("amqps://h?keyfile=/k", "go together"),
            ("amqps://h?cacertfile=", "cacertfile that is no percent-encoded path"),
            ("amqps://h?cacertfile=/a%00", "cacertfile that is no percent-encoded path"),
            ("amqps://h?certfile=/c%2&keyfile=/k", "certfile that is no percent-encoded path"),
            ("amqps://h?verify=verify_none", "the broker is always verified; name its authority with cacertfile"),
            ("amqps://h?verify=no", "verify other than verify_peer"),
            ("amqps://h?fail_if_no_peer_cert=true", "fail_if_no_peer_cert, which is a setting of the broker"),
            ("amqps://h?password=p", "the passphrase of a key, and no keyfile"),
            ("amqps://h?server_name_indication=disable", "is always checked"),
            ("amqps://h?server_name_indication=", "server_name_indication"),
            ("amqps://h?server_name_indication=.test", "starts with a dot"),
            ("amqps://h?server_name_indication=\(String(repeating: "n", count: 254))", "more than 253 bytes"),
            ("amqp://h?cacertfile=/c", "cacertfile, which is for amqps"),
            ("amqp://h?certfile=/c&keyfile=/k", "certfile, which is for amqps"),
            ("amqp://h?verify=verify_peer", "verify, which is for amqps"),
            ("amqp://h?server_name_indication=n", "server_name_indication, which is for amqps"),
            ("amqp://h?auth_mechanism=external", "needs amqps with certfile and keyfile"),
            ("amqps://h?auth_mechanism=plain&auth_mechanism=external", "needs amqps with certfile and keyfile"),
            ("amqp://h?auth_mechanism=amqplain", "amqplain, which is not spoken here"),
            ("amqp://h?auth_mechanism=", "auth_mechanism other than plain and external"),
            ("amqp://h?auth_mechanism=rabbit-cr-demo", "auth_mechanism other than plain and external"),
            ("amqp://u:p@h?passwordfile=/f", "a password and a passwordfile; leave one"),
            ("amqp://u@h?passwordfile=", "passwordfile that is no percent-encoded path"),
        ]
    )
    func refused(uri: String, words: String) throws {
        let error = try #require(throws: RabbitMQError.self) { _ = try ConnectionConfiguration(uri: uri) }

        #expect(error.code == .invalidURI)
        #expect(error.message.hasPrefix("the AMQP URI has "))
        #expect(error.message.contains(words), "\(error)")
        #expect(!error.isRetryable)
    }
}
