import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

/// What users test most with a broker that fails at will: that they come back.
@Suite("Recovery over the in-memory broker", .timeLimit(.minutes(5)))
struct RecoveryTests {
    private static let quick = RecoveryPolicy(
        firstPause: .milliseconds(1),
        longestPause: .milliseconds(10),
        configurationPause: .milliseconds(10)
    )

    /// Keeps a connection to a broker open while the body runs; it declares a queue called "work" wherever it comes.
    private func withRecovery(
        _ broker: InMemoryBroker,
        _ body: (RecoveringConnection, AsyncStream<ConnectionEvent>) async throws -> Void
    ) async throws {
        let (events, happened) = AsyncStream<ConnectionEvent>.makeStream()
        let connection = RecoveringConnection(
            [broker.configuration()],
            policy: Self.quick,
            onEvent: { happened.yield($0) },
            prepare: { connection throws(RabbitMQError) in
                try await connection.openChannel().declare(QueueDeclaration(name: "work"))
            }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await connection.run() }
            defer { group.cancelAll() }
            try await body(connection, events)
        }
    }

    private func publish(_ text: String, over publisher: RecoveringPublisher) async throws -> Bool {
        var message = Message(body: Array(text.utf8))
        message.properties.deliveryMode = .persistent
        let outcome = try await publisher.publish(message, routingKey: "work", isMandatory: true)
        guard case .confirmed = outcome else { return false }
        return true
    }

    @Test(
        "a publisher and a consumer go on after every way to lose a connection",
        arguments: [
            { $0.dropConnections() }, { $0.closeConnections() },
            {
                $0.stop()
                $0.start()
            },
            { $0.expireAcknowledgements(ofQueue: "work") },
        ] as [@Sendable (InMemoryBroker) -> Void]
    )
    func goesOn(fault: @Sendable (InMemoryBroker) -> Void) async throws {
        let broker = InMemoryBroker()
        try await withRecovery(broker) { connection, _ async throws in
            let publisher = RecoveringPublisher(connection)
            let consumer = RecoveringConsumer(
                connection,
                ConsumerDeclaration(queue: "work", consumerTag: "c"),
                prefetch: 1
            )
            var deliveries = consumer.deliveries.makeAsyncIterator()
            #expect(try await publish("a", over: publisher))
            let first = try #require(await deliveries.next())

            fault(broker)

            let second = try #require(await deliveries.next())
            #expect(second.message.text == "a")
            #expect(second.isRedelivered)
            let stale = await #expect(throws: RabbitMQError.self) { try await first.channel.acknowledge(first) }
            #expect(stale?.code == .staleDelivery)
            try await second.channel.acknowledge(second)
            #expect(try await publish("b", over: publisher))
            #expect(await deliveries.next()?.message.text == "b")
        }
    }

    @Test("a connection that starts before its broker waits for it, and says what it waits for")
    func brokerStartsLater() async throws {
        let broker = InMemoryBroker()
        broker.stop()
        try await withRecovery(broker) { connection, events async throws in
            var iterator = events.makeAsyncIterator()
            guard case .retrying(let error, _, _) = await iterator.next() else {
                Issue.record("something else happened")
                return
            }
            #expect(error.code == .unreachable)
            #expect(connection.current == nil)

            broker.start()

            let opened = try await connection.connection()
            #expect(await opened.closed == nil)
        }
    }

    @Test("refused logins are tried again until they are accepted")
    func refusedLogins() async throws {
        let broker = InMemoryBroker()
        broker.refuseLogins(.accessRefused)
        try await withRecovery(broker) { connection, events async throws in
            var iterator = events.makeAsyncIterator()
            for _ in 1...3 {
                guard case .retrying(let error, _, _) = await iterator.next() else {
                    Issue.record("something else happened")
                    return
                }
                #expect(error.code == .accessRefused)
            }

            broker.acceptLogins()

            #expect(try await publish("a", over: RecoveringPublisher(connection)))
        }
    }

    @Test("a consumer whose queue is deleted has it declared again")
    func deletedQueue() async throws {
        let broker = InMemoryBroker()
        try await withRecovery(broker) { connection, _ async throws in
            let consumer = RecoveringConsumer(
                connection,
                ConsumerDeclaration(queue: "work", consumerTag: "c"),
                prefetch: 1
            )
            let publisher = RecoveringPublisher(connection)
            // It declares the queue again while it waits for the next message, so it must be waiting.
            async let texts = take(2, from: consumer)
            #expect(try await publish("a", over: publisher))
            try await eventually("the first has come") {
                broker.messages(in: "work").isEmpty && broker.unacknowledgedCount(in: "work") == 0
            }

            try await connection.connection().openChannel().deleteQueue("work")

            try await eventually("the queue takes messages") { try await publish("b", over: publisher) }
            #expect(try await texts == ["a", "b"])
        }
    }

    @Test("a consumer that is ended gives back what it holds, and may begin again")
    func ended() async throws {
        let broker = InMemoryBroker()
        try await withRecovery(broker) { connection, _ async throws in
            let consumer = RecoveringConsumer(
                connection,
                ConsumerDeclaration(queue: "work", consumerTag: "c"),
                prefetch: 10
            )
            let publisher = RecoveringPublisher(connection)
            for text in ["a", "b", "c"] { #expect(try await publish(text, over: publisher)) }
            #expect(try await take(1, from: consumer) == ["a"])
            try await eventually("the rest is held") { broker.unacknowledgedCount(in: "work") == 2 }

            await consumer.end()

            #expect(broker.messages(in: "work").map(\.text) == ["b", "c"])
            #expect(try await take(2, from: consumer) == ["b", "c"])
        }
    }

    /// Takes and acknowledges so many messages.
    private func take(_ count: Int, from consumer: RecoveringConsumer) async throws -> [String] {
        var texts: [String] = []
        for await delivery in consumer.deliveries {
            texts.append(delivery.message.text)
            try await delivery.channel.acknowledge(delivery)
            if texts.count == count { break }
        }
        return texts
    }
}
