import RabbitMQ
import TestSupport
import Testing

@Suite("What a connection tells of itself", .timeLimit(.minutes(5)))
struct EventTests {
    /// Runs with a bench whose events can be waited for.
    private func withEvents(
        _ broker: BrokerUnderTest,
        _ body: (Bench, AsyncStream<ConnectionEvent>) async throws -> Void
    ) async throws {
        let (events, happened) = AsyncStream<ConnectionEvent>.makeStream()
        try await Bench.with(broker, "events", onEvent: { happened.yield($0) }) { bench in
            try await body(bench, events)
        }
    }

    @Test("that it is open, where it leads, and that it is closed", arguments: BrokerUnderTest.all)
    func connectedAndClosed(broker: BrokerUnderTest) async throws {
        try await withEvents(broker) { bench, events in
            var iterator = events.makeAsyncIterator()
            guard case .connected(let address) = await iterator.next() else {
                Issue.record("it began with something else")
                return
            }
            #expect(address == bench.connection.address)

            await bench.connection.close()

            guard case .closed(let error) = await iterator.next() else {
                Issue.record("it ended with something else")
                return
            }
            #expect(error.code == .closedByUs)
        }
    }

    @Test("that a consumer lost its queue", arguments: BrokerUnderTest.all)
    func consumerCancelled(broker: BrokerUnderTest) async throws {
        try await withEvents(broker) { bench, events in
            var iterator = events.makeAsyncIterator()
            _ = await iterator.next()
            _ = try await bench.consume()
            try await bench.channel.deleteQueue(bench.queue)

            guard case .consumerCancelled(let consumer) = await iterator.next() else {
                Issue.record("something else happened")
                return
            }

            #expect(consumer.queue == bench.queue)
            #expect(consumer.consumerTag == "bench")
        }
    }

    @Test("that the broker closed a channel, and why", arguments: BrokerUnderTest.all)
    func channelClosed(broker: BrokerUnderTest) async throws {
        try await withEvents(broker) { bench, events in
            var iterator = events.makeAsyncIterator()
            _ = await iterator.next()
            await #expect(throws: RabbitMQError.self) {
                _ = try await bench.channel.status(ofQueue: TestBroker.uniqueName("missing"))
            }

            guard case .channelClosed(let error) = await iterator.next() else {
                Issue.record("something else happened")
                return
            }

            #expect(error.replyCode == 404)
        }
    }

    // The address makes RabbitMQ 3.10.8 fail inside.
    @Test("that the broker closed it, and why", arguments: BrokerUnderTest.all)
    func closedByBroker(broker: BrokerUnderTest) async throws {
        try await withEvents(broker) { bench, events in
            var iterator = events.makeAsyncIterator()
            _ = await iterator.next()
            _ = try await bench.channel.publish(
                Message("a"),
                routingKey: "amq.rabbitmq.reply-to.a.b",
                isMandatory: false
            )

            guard case .closed(let error) = await iterator.next() else {
                Issue.record("something else happened")
                return
            }

            #expect(error.code == .closedByBroker)
            #expect(error.replyCode == 541)
        }
    }
}
