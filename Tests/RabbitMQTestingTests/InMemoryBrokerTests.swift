import Foundation
import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

@Suite("The in-memory broker", .timeLimit(.minutes(5)))
struct InMemoryBrokerTests {
    @Test("a broker knows nothing of another")
    func apart() async throws {
        let first = try await Bench()
        let second = try await Bench()
        try await first.channel.declare(QueueDeclaration(name: "q"))
        #expect(try await first.publish("a", to: "q") == "confirmed")

        #expect(try await second.publish("b", to: "q") == "returned 312")
        #expect(second.texts(in: "q").isEmpty)
        #expect(second.broker.unacknowledgedCount(in: "q") == 0)
    }

    @Test("it shows what is ready, what is held, and who is there")
    func inspection() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        for text in ["a", "b", "c"] { #expect(try await bench.publish(text, to: "q") == "confirmed") }

        let (delivery, _) = try #require(try await bench.channel.get("q"))

        #expect(bench.texts(in: "q") == ["b", "c"])
        #expect(bench.broker.unacknowledgedCount(in: "q") == 1)
        #expect(bench.broker.connectionCount == 1)
        try await bench.channel.acknowledge(delivery)
        try await bench.channel.setPrefetch(1)
        #expect(bench.broker.unacknowledgedCount(in: "q") == 0)
        await bench.connection.close()
        #expect(bench.broker.connectionCount == 0)
    }

    @Test("time stands still until it is moved, and then moves everything")
    func clock() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "requests"))
        let arguments: FieldTable = [
            "x-message-ttl": 600_000, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "requests",
        ]
        try await bench.channel.declare(QueueDeclaration(name: "delay", arguments: arguments))
        try await bench.channel.declare(QueueDeclaration(name: "unused", arguments: ["x-expires": 1000]))
        #expect(try await bench.publish("a", to: "delay") == "confirmed")

        bench.broker.advance(by: .milliseconds(999))
        #expect(try await bench.publish("b", to: "unused") == "confirmed")
        bench.broker.advance(by: .milliseconds(1))
        #expect(try await bench.publish("b", to: "unused") == "returned 312")
        #expect(bench.texts(in: "delay") == ["a"])
        bench.broker.advance(by: .seconds(599))

        #expect(bench.texts(in: "delay").isEmpty)
        #expect(bench.texts(in: "requests") == ["a"])
        guard case .array(let deaths) = bench.broker.messages(in: "requests").first?.properties.headers?["x-death"],
            case .table(let death) = deaths.first, case .timestamp(let seconds) = death["time"]
        else {
            Issue.record("there is no time of death")
            return
        }
        // Ten minutes later than it is; the system's clock may have gone on by a little.
        #expect(abs(Double(seconds) - Date.now.timeIntervalSince1970 - 600) < 60)
    }

    @Test("the user is whom the configuration names")
    func user() async throws {
        let broker = InMemoryBroker()
        var configuration = broker.configuration()
        configuration.user = "alice"
        let connection = try await Connection.open(configuration)
        let channel = try await connection.openChannel()
        try await channel.enableConfirms()
        try await channel.declare(QueueDeclaration(name: "q"))
        var message = Message(body: [])
        message.properties.userID = "alice"

        _ = try await channel.publish(message, routingKey: "q", isMandatory: true)

        #expect(broker.messages(in: "q").map(\.properties.userID) == ["alice"])
        await connection.close()
    }

    @Test("a virtual host other than / is refused")
    func virtualHost() async throws {
        var configuration = InMemoryBroker().configuration()
        configuration.virtualHost = "missing"

        let error = await #expect(throws: RabbitMQError.self) { _ = try await Connection.open(configuration) }

        #expect(error?.code == .virtualHostRefused)
        #expect(error?.replyCode == 530)
        #expect(error?.message.contains("missing") == true)
    }

    @Test(
        "what it has not is refused, not ignored",
        arguments: [["x-queue-type": "stream"], ["x-max-priority": 5], ["x-single-active-consumer": true]]
            as [FieldTable]
    )
    func notImplemented(arguments: FieldTable) async throws {
        let bench = try await Bench()

        let error = await #expect(throws: RabbitMQError.self) {
            try await bench.channel.declare(QueueDeclaration(name: "q", arguments: arguments))
        }

        #expect(error?.replyCode == 540)
    }

    @Test("a broker lives as long as a configuration of it")
    func ownership() async throws {
        let connection = try await {
            let broker = InMemoryBroker()
            return try await Connection.open(broker.configuration())
        }()

        let channel = try await connection.openChannel()
        #expect(try await channel.declare(QueueDeclaration(name: "q")).readyCount == 0)
        await connection.close()
    }

    // In a process of its own, since other suites open and close descriptors all the time.
    @Test("many connections, closed, dropped or forgotten, leave no descriptor behind")
    func noLeaks() async throws {
        await #expect(processExitsWith: .success) {
            func descriptorCount() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            let broker = InMemoryBroker()
            await (try Connection.open(broker.configuration())).close()
            let descriptors = try descriptorCount()

            for number in 1...99 {
                let connection = try await Connection.open(broker.configuration())
                switch number % 3 {
                case 0: await connection.close()
                case 1: broker.dropConnections()
                default: broker.closeConnections()
                }
            }

            try await eventually("the descriptors are closed") { try descriptorCount() < descriptors + 10 }
            #expect(broker.connectionCount == 0)
        }
    }
}
