import RabbitMQ
import TestSupport
import Testing

@Suite("Asking for single messages", .timeLimit(.minutes(5)))
struct GetTests {
    @Test("an empty queue gives nothing", arguments: BrokerUnderTest.all)
    func empty(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "get-empty") { bench in
            let nothing = try await bench.channel.get(bench.queue)

            #expect(nothing == nil)
            #expect(await bench.channel.isOpen)
        }
    }

    @Test(
        "messages come in their order, with how many are left and where they came from",
        arguments: BrokerUnderTest.all
    )
    func remaining(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "get") { bench in
            try await bench.fill("a", "b", "c")

            for (text, left) in [("a", 2), ("b", 1), ("c", 0)] {
                let (delivery, remainingCount) = try #require(try await bench.channel.get(bench.queue))
                #expect(delivery.message.text == text)
                #expect(remainingCount == left)
                #expect(delivery.routingKey == bench.queue)
                #expect(delivery.exchange == "")
                #expect(delivery.consumerTag == "")
                #expect(!delivery.isRedelivered)
                try await bench.channel.acknowledge(delivery)
            }

            await bench.channel.close()
            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test("what was asked for and not settled goes back when its channel ends", arguments: BrokerUnderTest.all)
    func unsettled(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "get-unsettled") { bench in
            try await bench.fill("a", "b")
            _ = try await bench.channel.get(bench.queue)
            #expect(try await bench.readyCount() == 1)

            await bench.channel.close()

            let channel = try await bench.connection.openChannel()
            let (again, left) = try #require(try await channel.get(bench.queue))
            #expect(again.message.text == "a")
            #expect(again.isRedelivered)
            #expect(left == 1)
        }
    }

    @Test("what the broker settles as it sends it is gone, and can't be settled again", arguments: BrokerUnderTest.all)
    func automatic(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "get-automatic") { bench in
            try await bench.fill("a")

            let (delivery, _) = try #require(
                try await bench.channel.get(bench.queue, mode: .automaticAcknowledgement)
            )
            let error = await #expect(throws: RabbitMQError.self) { try await bench.channel.acknowledge(delivery) }

            #expect(error?.code == .alreadySettled)
            await bench.channel.close()
            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test("a body of several frames comes whole, between a consumer's deliveries", arguments: BrokerUnderTest.all)
    func largeBody(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "get-large") { bench in
            let consumed = TestBroker.uniqueName("consumed")
            try await bench.channel.declare(QueueDeclaration(name: consumed, isDurable: false, isExclusive: true))
            let deliveries = try await bench.channel.consume(consumed, consumerTag: "c")
            let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await bench.publish(Message(body: body)).summary == "confirmed")
            for number in 0..<5 {
                _ = try await bench.channel.publish(Message("\(number)"), routingKey: consumed, isMandatory: true)
            }

            let (delivery, _) = try #require(try await bench.channel.get(bench.queue))

            let isSame = delivery.message.body == body
            #expect(isSame)
            var iterator = deliveries.makeAsyncIterator()
            for number in 0..<5 { #expect(try await iterator.next()?.message.text == "\(number)") }
        }
    }

    @Test("asking a queue that does not exist closes the channel with 404", arguments: BrokerUnderTest.all)
    func missing(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()

            let error = await #expect(throws: RabbitMQError.self) {
                _ = try await channel.get(TestBroker.uniqueName("missing"))
            }

            #expect(error?.code == .channelClosed)
            #expect(error?.replyCode == 404)
        }
    }
}
