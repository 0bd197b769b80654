import Testing

@testable import RabbitMQ

@Suite("Connection configuration")
struct ConnectionConfigurationTests {
    @Test("a password is in no description, dump or reflection of itself or of its configuration")
    func passwordIsHidden() throws {
        let configuration = try ConnectionConfiguration(uri: "amqp://u:hunter2@h")
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(configuration.password, to: &dumped)

        let texts = [
            dumped, "\(configuration)", String(reflecting: configuration), "\(configuration.password)",
            String(reflecting: configuration.password),
            String(describing: Mirror(reflecting: configuration).children.map { $0 }),
            "\([configuration.password])", configuration.address,
        ]

        for text in texts { #expect(!text.contains("hunter2")) }
        #expect("\(configuration.password)" == "***")
        #expect(Mirror(reflecting: configuration.password).children.isEmpty)
        #expect(configuration.password.text == "hunter2")
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
        #expect(configuration.password.text == "guest")
        #expect(configuration.virtualHost == "/")
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
}
