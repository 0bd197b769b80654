import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("The life of a connection", .serialized, .timeLimit(.minutes(5)))
struct ConnectionLifeTests {
    @Test(
        "what was not acknowledged when we close goes to another consumer, marked as redelivered",
        arguments: BrokerUnderTest.all
    )
    func unacknowledged(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "unacknowledged") { bench in
            try await bench.fill("a")
            try await withConnection(broker) { connection in
                let channel = try await connection.openChannel()
                try await channel.setPrefetch(1)
                var iterator = try await channel.consume(bench.queue, consumerTag: "c").makeAsyncIterator()
                #expect(try await iterator.next()?.isRedelivered == false)
            }

            var iterator = try await bench.consume().makeAsyncIterator()
            let delivery = try #require(try await iterator.next())
            #expect(delivery.message.text == "a")
            #expect(delivery.isRedelivered)
        }
    }

    @Test("closing twice at once is closing once", arguments: BrokerUnderTest.all)
    func closedTwice(broker: BrokerUnderTest) async throws {
        let connection = try await Connection.open(broker.configuration())

        async let first: Void = connection.close()
        async let second: Void = connection.close()
        _ = await (first, second)

        #expect(await connection.closed?.code == .closedByUs)
    }

    @Test("an acknowledgement sent right before closing still counts", arguments: BrokerUnderTest.all)
    func acknowledgedBeforeClose(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "ack-before-close") { bench in
            try await bench.fill("a")
            try await withConnection(broker) { connection in
                let channel = try await connection.openChannel()
                try await channel.setPrefetch(1)
                var iterator = try await channel.consume(bench.queue, consumerTag: "c").makeAsyncIterator()
                try await channel.acknowledge(try #require(try await iterator.next()))
            }

            #expect(try await bench.readyCount() == 0)
        }
    }

    // RabbitMQ 3.10.8 fails on such an address and closes the whole connection with 541 INTERNAL_ERROR.
    @Test("when the broker closes the connection everything that waits is told so", arguments: BrokerUnderTest.all)
    func closedByBroker(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "closed-by-broker") { bench in
            let deliveries = try await bench.consume()
            let connection = bench.connection
            async let closed = connection.waitUntilClosed()

            let outcome = try await bench.channel.publish(
                Message("a"),
                routingKey: "amq.rabbitmq.reply-to.a.b",
                isMandatory: true
            )

            #expect(outcome.summary == "in doubt: closedByBroker")
            let error = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
            #expect(error?.code == .closedByBroker)
            #expect(error?.replyCode == 541)
            #expect(error?.isRetryable == true)
            #expect(await closed.code == .closedByBroker)
            let opening = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }
            #expect(opening?.code == .closedByBroker)
            let publishing = await #expect(throws: RabbitMQError.self) { _ = try await bench.publish(Message("b")) }
            #expect(publishing?.code == .closedByBroker)
        }
    }

    // MARK: - What is left behind

    private static func threadCount(named name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            let comm = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
            return comm?.trimmingCharacters(in: .newlines) == name
        }
    }

    private static func descriptorCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    /// A name that Linux takes whole for a thread.
    private func threadName() -> String { "leak-\(UUID().uuidString.prefix(8))" }

    // Of the node alone: connections in memory have other descriptors, and a test of their own.
    //
    // In processes of their own, since other suites open and close descriptors all the time; with a margin for the few
    // that the first wait opens for its timer.
    @Test("many connections, opened and closed, leave no thread and no descriptor behind")
    func noLeaks() async throws {
        await #expect(processExitsWith: .success) {
            try await withConnection(Bench.configuration { $0.connectionName = "leak" }) { _ in }
            let descriptors = try Self.descriptorCount()

            for _ in 1...100 {
                try await withConnection(Bench.configuration { $0.connectionName = "leak" }) { connection in
                    try await connection.openChannel().enableConfirms()
                }
            }

            try await eventually("the descriptors are closed") { try Self.descriptorCount() < descriptors + 10 }
            try await eventually("the threads are gone") {
                try Self.threadCount(named: "leak") == 0 && Self.threadCount(named: "opens leak") == 0
            }
        }
    }

    @Test("many refused logins leave no thread and no descriptor behind")
    func noLeaksAfterRefusal() async throws {
        await #expect(processExitsWith: .success) {
            let configuration = try Bench.configuration {
                $0.connectionName = "leak"; $0.virtualHost = "missing"
            }
            await #expect(throws: RabbitMQError.self) { _ = try await Connection.open(configuration) }
            let descriptors = try Self.descriptorCount()

            for _ in 1...100 {
                await #expect(throws: RabbitMQError.self) { _ = try await Connection.open(configuration) }
            }

            try await eventually("the descriptors are closed") { try Self.descriptorCount() < descriptors + 10 }
            try await eventually("the threads are gone") {
                try Self.threadCount(named: "leak") == 0 && Self.threadCount(named: "opens leak") == 0
            }
        }
    }

    @Test("a connection lost while nobody waits on it leaves no thread behind")
    func noLeakAfterLoss() async throws {
        let name = threadName()
        try await StallingProxy.with(brokerPort: try Bench.configuration().port) { proxy in
            do {
                let connection = try await Connection.open(
                    try Bench.configuration {
                        $0.connectionName = name
                        $0.host = "127.0.0.1"
                        $0.port = proxy.port
                    }
                )
                #expect(try Self.threadCount(named: name) == 1)
                proxy.cut()
                _ = connection
            }
            try await eventually("the thread is gone") { try Self.threadCount(named: name) == 0 }
        }
    }
}
