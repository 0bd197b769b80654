import RabbitMQ
import TestSupport
import Testing

@Suite("Settling deliveries", .timeLimit(.minutes(5)))
struct SettleTests {
    @Test("an acknowledged message is gone", arguments: BrokerUnderTest.all)
    func acknowledge(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "acknowledge") { bench in
            try await bench.fill("a")
            var iterator = try await bench.consume().makeAsyncIterator()
            try await bench.channel.acknowledge(try #require(try await iterator.next()))

            await bench.channel.close()

            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test("a message rejected with requeue comes again, marked as redelivered", arguments: BrokerUnderTest.all)
    func requeue(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "requeue") { bench in
            try await bench.fill("a")
            var iterator = try await bench.consume().makeAsyncIterator()
            let first = try #require(try await iterator.next())
            #expect(!first.isRedelivered)

            try await bench.channel.reject(first, requeue: true)

            let second = try #require(try await iterator.next())
            #expect(second.message.text == "a")
            #expect(second.isRedelivered)
            #expect(second.deliveryTag != first.deliveryTag)
        }
    }

    @Test(
        "a message rejected without requeue goes to the dead-letter queue, with where it died",
        arguments: BrokerUnderTest.all
    )
    func deadLetter(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "graveyard") { graveyard in
            let arguments: FieldTable = [
                "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(graveyard.queue),
            ]
            try await Bench.with(broker, "dead-letter", arguments: arguments) { bench in
                try await bench.fill("a")
                var iterator = try await bench.consume().makeAsyncIterator()
                try await bench.channel.reject(try #require(try await iterator.next()), requeue: false)

                var dead = try await graveyard.consume().makeAsyncIterator()
                let delivery = try #require(try await dead.next())

                #expect(delivery.message.text == "a")
                guard case .array(let deaths) = delivery.message.properties.headers?["x-death"],
                    case .table(let death) = deaths.first
                else {
                    Issue.record("there is no x-death")
                    return
                }
                #expect(death["queue"]?.text == bench.queue)
                #expect(death["reason"]?.text == "rejected")
                #expect(death["count"]?.integer == 1)
                try await graveyard.channel.acknowledge(delivery)
            }
        }
    }

    @Test("a second settlement of any kind throws, and the channel lives", arguments: BrokerUnderTest.all)
    func twice(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "twice") { bench in
            try await bench.fill("a", "b")
            var iterator = try await bench.consume().makeAsyncIterator()
            let delivery = try #require(try await iterator.next())
            try await bench.channel.acknowledge(delivery)

            let acknowledging = await #expect(throws: RabbitMQError.self) {
                try await bench.channel.acknowledge(delivery)
            }
            let rejecting = await #expect(throws: RabbitMQError.self) {
                try await bench.channel.reject(delivery, requeue: true)
            }

            #expect(acknowledging?.code == .alreadySettled)
            #expect(rejecting?.code == .alreadySettled)
            try await bench.channel.acknowledge(try #require(try await iterator.next()))
            try await bench.channel.setPrefetch(1)
            #expect(await bench.connection.closed == nil)
        }
    }

    @Test(
        "a delivery the broker settled as it sent it can't be settled again, and the channel lives",
        arguments: BrokerUnderTest.all
    )
    func automatic(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "automatic") { bench in
            try await bench.fill("a")
            var iterator = try await bench.consume(.automaticAcknowledgement).makeAsyncIterator()
            let delivery = try #require(try await iterator.next())

            let error = await #expect(throws: RabbitMQError.self) { try await bench.channel.acknowledge(delivery) }

            #expect(error?.code == .alreadySettled)
            try await bench.channel.setPrefetch(1)
            try await bench.fill("b")
            #expect(try await iterator.next()?.message.text == "b")
        }
    }

    @Test("settling after the channel is gone throws, and the message is redelivered", arguments: BrokerUnderTest.all)
    func channelGone(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "channel-gone") { bench in
            try await bench.fill("a")
            var iterator = try await bench.consume().makeAsyncIterator()
            let delivery = try #require(try await iterator.next())
            await bench.channel.close()

            let error = await #expect(throws: RabbitMQError.self) { try await bench.channel.acknowledge(delivery) }

            #expect(error?.code == .staleDelivery)
            let next = try await bench.connection.openChannel()
            try await next.setPrefetch(1)
            var again = try await next.consume(bench.queue, consumerTag: "again").makeAsyncIterator()
            #expect(try await again.next()?.isRedelivered == true)
        }
    }

    // Both deliveries have tag 1. Settling the old one on the new channel must not settle the new channel's.
    @Test(
        "a delivery of an old channel never settles one of a new channel with the same tag",
        arguments: BrokerUnderTest.all
    )
    func oldDelivery(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "old-delivery") { bench in
            try await bench.fill("a")
            var iterator = try await bench.consume().makeAsyncIterator()
            let old = try #require(try await iterator.next())
            await bench.channel.close()
            let next = try await bench.connection.openChannel()
            try await next.setPrefetch(1)
            var again = try await next.consume(bench.queue, consumerTag: "bench").makeAsyncIterator()
            let new = try #require(try await again.next())
            try #require(new.deliveryTag == old.deliveryTag)

            let acknowledging = await #expect(throws: RabbitMQError.self) { try await next.acknowledge(old) }
            let rejecting = await #expect(throws: RabbitMQError.self) { try await next.reject(old, requeue: false) }

            #expect(acknowledging?.code == .staleDelivery)
            #expect(rejecting?.code == .staleDelivery)
            try await next.acknowledge(new)
            await next.close()
            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test("settling over a lost connection throws, and sends nothing", arguments: BrokerUnderTest.all)
    func connectionGone(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "connection-gone") { bench in
            try await bench.fill("a")
            try await withConnection(broker) { connection in
                let channel = try await connection.openChannel()
                try await channel.setPrefetch(1)
                var iterator = try await channel.consume(bench.queue, consumerTag: "c").makeAsyncIterator()
                let delivery = try #require(try await iterator.next())
                await connection.close()

                let error = await #expect(throws: RabbitMQError.self) { try await channel.acknowledge(delivery) }
                #expect(error?.code == .staleDelivery)
            }
        }
    }
}
