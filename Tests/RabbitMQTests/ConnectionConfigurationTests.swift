import Testing

@testable import RabbitMQ

@Suite("Connection configuration")
struct ConnectionConfigurationTests {
    @Test("a password is in no description, dump or reflection of itself or of its configuration")
    func passwordIsHidden() throws {
        let configuration = try ConnectionConfiguration(
            uri: "amqps://u:hunter2@h?certfile=/c&keyfile=/k&password=hunter2"
        )
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(configuration.password, to: &dumped)

        let texts = [
            dumped, "\(configuration)", String(reflecting: configuration), "\(configuration.password)",
            String(reflecting: configuration.password),
            String(describing: Mirror(reflecting: configuration).children.map { $0 }),
            "\([configuration.password])", configuration.address, "\(configuration.tls as Any)",
            String(reflecting: configuration.tls?.clientCertificate),
        ]

        for text in texts { #expect(!text.contains("hunter2")) }
        #expect("\(configuration.password)" == "***")
        #expect(Mirror(reflecting: configuration.password).children.isEmpty)
        #expect(try configuration.password.read() == "hunter2")
        #expect(try configuration.tls?.clientCertificate?.passphrase?.read() == "hunter2")
    }

    @Test("the address is host and port, with brackets around an IPv6 address")
    func address() {
        #expect(ConnectionConfiguration(host: "broker").address == "broker:5672")
        #expect(ConnectionConfiguration(host: "::1", port: 5673).address == "[::1]:5673")
    }

    @Test("the heartbeat asked for is never less than a second, which would mean none")
    func heartbeat() {
        var configuration = ConnectionConfiguration(host: "h")
        #expect(configuration.heartbeatSeconds == 15)

        for tooShort: Duration in [.zero, .milliseconds(999), .seconds(-3)] {
            configuration.heartbeat = tooShort
            #expect(configuration.heartbeatSeconds == 1)
        }
    }

    @Test("the defaults are RabbitMQ's")
    func defaults() {
        let configuration = ConnectionConfiguration(host: "h")

        #expect(configuration.port == 5672)
        #expect(configuration.user == "guest")
        #expect(configuration.password == .init("guest"))
        #expect(configuration.virtualHost == "/")
        #expect(configuration.authentication == .plain)
        #expect(configuration.fallbackAuthentication == nil)
        #expect(configuration.channelMaximum == 2047)
        #expect(configuration.frameByteCount == 131_072)
    }

    @Test("the broker is told our name, and the capabilities without which it would keep silent")
    func clientProperties() {
        let properties = ConnectionConfiguration(host: "h", connectionName: "worker-7").clientProperties

        #expect(properties["connection_name"] == "worker-7")
        guard case .table(let capabilities) = properties["capabilities"] else {
            Issue.record("there are no capabilities")
            return
        }
        for name in ["connection.blocked", "consumer_cancel_notify", "publisher_confirms", "basic.nack"] {
            #expect(capabilities[name] == true, "\(name)")
        }
    }

    private static let clientCertificate = TLSConfiguration.ClientCertificate(certificateFile: "/c", keyFile: "/k")

    @Test("settings within their limits pass")
    func checked() throws {
        var configuration = ConnectionConfiguration(host: "h")
        try configuration.check()
        for (frameByteCount, channelMaximum) in [(4096, 1), (131_072, 65_535)] {
            configuration.frameByteCount = frameByteCount
            configuration.channelMaximum = UInt16(channelMaximum)
            try configuration.check()
        }
        configuration.tls = TLSConfiguration(clientCertificate: Self.clientCertificate)
        configuration.authentication = .external
        try configuration.check()
    }

    private static let refusals: [(@Sendable (inout ConnectionConfiguration) -> Void, String)] = [
        ({ $0.frameByteCount = 4095 }, "frames of 4095 bytes"),
        ({ $0.frameByteCount = 131_073 }, "frames of 131073 bytes"),
        ({ $0.frameByteCount = 0 }, "frames of 0 bytes"),
        ({ $0.channelMaximum = 0 }, "without channels"),
        ({ $0.host = "h\0x" }, "the host holds a zero byte"),
        ({ $0.user = "\0" }, "the user holds a zero byte"),
        ({ $0.virtualHost = "\0" }, "the virtual host holds a zero byte"),
        ({ $0.virtualHost = String(repeating: "v", count: 256) }, "virtual host has 256 bytes"),
        ({ $0.authentication = .external }, "needs amqps and a client certificate"),
        ({ $0.fallbackAuthentication = .external }, "needs amqps and a client certificate"),
        (
            {
                $0.authentication = .external
                $0.tls = TLSConfiguration()
            }, "needs amqps and a client certificate"
        ),
        ({ $0.tls = TLSConfiguration(serverName: "") }, "the broker's name for TLS is empty"),
        ({ $0.tls = TLSConfiguration(serverName: ".") }, "the broker's name for TLS is empty"),
        ({ $0.tls = TLSConfiguration(serverName: ".h") }, "starts with a dot"),
        (
            {
                $0.tls = TLSConfiguration()
                $0.host = "."
            }, "the broker's name for TLS is empty"
        ),
        ({ $0.tls = TLSConfiguration(serverName: String(repeating: "n", count: 254)) }, "more than 253 bytes"),
        ({ $0.tls = TLSConfiguration(authoritiesFile: "/a\0") }, "a file name"),
    ]

    @Test(
        "settings that would be taken for something else are refused, and no other try would help",
        arguments: refusals.indices
    )
    func refused(index: Int) throws {
        let (change, words) = Self.refusals[index]
        var configuration = ConnectionConfiguration(host: "h")
        change(&configuration)

        let error = try #require(throws: RabbitMQError.self) { try configuration.check() }

        #expect(error.code == .invalidArgument)
        #expect(error.message.contains(words), "\(error)")
        #expect(!error.isRetryable)
    }
}
