import RabbitMQ
import TestSupport
import Testing

@Suite("Consuming", .timeLimit(.minutes(5)))
struct ConsumeTests {
    @Test("deliveries come in the order they were published, with where they came from", arguments: BrokerUnderTest.all)
    func order(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "order", prefetch: 3) { bench in
            for number in 0..<50 { _ = try await bench.publish(Message("\(number)")) }
            var texts: [String] = []

            for try await delivery in try await bench.consume() {
                #expect(delivery.routingKey == bench.queue)
                #expect(delivery.exchange == "")
                #expect(delivery.consumerTag == "bench")
                #expect(delivery.generation == bench.channel.generation)
                #expect(!delivery.isRedelivered)
                texts.append(delivery.message.text)
                try await bench.channel.acknowledge(delivery)
                if texts.count == 50 { break }
            }

            #expect(texts == (0..<50).map(String.init))
        }
    }

    @Test(
        "no more than the prefetch is unsettled; each acknowledgement lets one more come",
        arguments: BrokerUnderTest.all
    )
    func prefetch(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "prefetch", prefetch: 3) { bench in
            for number in 0..<10 { _ = try await bench.publish(Message("\(number)")) }
            var iterator = try await bench.consume().makeAsyncIterator()

            var unsettled: [Delivery] = []
            for _ in 1...3 { unsettled.append(try #require(try await iterator.next())) }
            #expect(try await bench.readyCount() == 7)

            for ready in [6, 5, 4] {
                try await bench.channel.acknowledge(unsettled.removeFirst())
                unsettled.append(try #require(try await iterator.next()))
                #expect(try await bench.readyCount() == ready)
            }
        }
    }

    @Test(
        "consuming without a prefetch, or without a consumer tag, is refused before anything is sent",
        arguments: BrokerUnderTest.all
    )
    func withoutPrefetch(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "without-prefetch") { bench in
            let channel = try await bench.connection.openChannel()

            let error = await #expect(throws: RabbitMQError.self) {
                _ = try await channel.consume(bench.queue, consumerTag: "c")
            }
            #expect(error?.code == .invalidArgument)
            let untagged = await #expect(throws: RabbitMQError.self) {
                _ = try await bench.channel.consume(bench.queue, consumerTag: "")
            }
            #expect(untagged?.code == .invalidArgument)
            #expect(try await channel.status(ofQueue: bench.queue).consumerCount == 0)
        }
    }

    @Test(
        "a consumer tag that is in use on the channel is refused, and the first consumer goes on",
        arguments: BrokerUnderTest.all
    )
    func repeatedTag(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "repeated-tag") { bench in
            var iterator = try await bench.consume().makeAsyncIterator()

            let error = await #expect(throws: RabbitMQError.self) { _ = try await bench.consume() }

            #expect(error?.code == .invalidArgument)
            try await bench.fill("a")
            #expect(try await iterator.next()?.message.text == "a")
        }
    }

    @Test("consuming from a queue that does not exist throws 404", arguments: BrokerUnderTest.all)
    func missingQueue(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "missing-queue") { bench in
            let error = await #expect(throws: RabbitMQError.self) {
                _ = try await bench.channel.consume(TestBroker.uniqueName("missing"), consumerTag: "c")
            }

            #expect(error?.code == .channelClosed)
            #expect(error?.replyCode == 404)
        }
    }

    @Test("two consumers of one channel get each its own queue's messages", arguments: BrokerUnderTest.all)
    func twoConsumers(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "first") { bench in
            let second = TestBroker.uniqueName("second")
            _ = try await bench.channel.declare(QueueDeclaration(name: second, isDurable: false, isExclusive: true))
            var firstIterator = try await bench.consume().makeAsyncIterator()
            var secondIterator = try await bench.channel.consume(second, consumerTag: "second").makeAsyncIterator()

            _ = try await bench.channel.publish(Message("to second"), routingKey: second, isMandatory: true)
            try await bench.fill("to first")

            #expect(try await firstIterator.next()?.message.text == "to first")
            #expect(try await secondIterator.next()?.message.text == "to second")
        }
    }

    @Test(
        "cancelling ends the sequence after what had arrived, which can still be settled",
        arguments: BrokerUnderTest.all
    )
    func cancel(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "cancel") { bench in
            try await bench.fill("a", "b", "c")
            let deliveries = try await bench.consume()
            // All three are out when the queue has none ready; the answer to a later request comes behind them.
            try await eventually("all are delivered") { try await bench.readyCount() == 0 }
            try await bench.channel.setPrefetch(10)

            try await bench.channel.cancel(deliveries)
            try await bench.fill("d")
            var texts: [String] = []
            for try await delivery in deliveries {
                texts.append(delivery.message.text)
                try await bench.channel.acknowledge(delivery)
            }

            #expect(texts == ["a", "b", "c"])
            #expect(try await bench.readyCount() == 1)
            let again = try await bench.consume()
            var iterator = again.makeAsyncIterator()
            #expect(try await iterator.next()?.message.text == "d")
        }
    }

    @Test("cancelling the iterating task ends the sequence, and the channel lives on", arguments: BrokerUnderTest.all)
    func cancelledTask(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "cancelled-task") { bench in
            let deliveries = try await bench.consume()
            let (arrivals, arrived) = AsyncStream<Void>.makeStream()
            let iterating = Task {
                var count = 0
                for try await delivery in deliveries {
                    try await bench.channel.acknowledge(delivery)
                    count += 1
                    arrived.yield()
                }
                return count
            }
            try await bench.fill("a")
            for await _ in arrivals { break }

            iterating.cancel()

            #expect(try await iterating.value == 1)
            #expect(try await bench.channel.status(ofQueue: bench.queue).consumerCount == 1)
        }
    }

    @Test(
        "a queue deleted under its consumer ends the sequence with an error, after what had arrived",
        arguments: BrokerUnderTest.all
    )
    func deletedQueue(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "deleted-queue") { bench in
            try await bench.fill("a")
            let deliveries = try await bench.consume()
            try await eventually("it is delivered") { try await bench.readyCount() == 0 }
            let other = try await bench.connection.openChannel()
            try await other.deleteQueue(bench.queue)

            var texts: [String] = []
            let error = await #expect(throws: RabbitMQError.self) {
                for try await delivery in deliveries { texts.append(delivery.message.text) }
            }

            #expect(texts == ["a"])
            #expect(error?.code == .consumerCancelled)
            #expect(error?.isRetryable == true)
            _ = try await bench.channel.declare(QueueDeclaration(name: bench.queue))
            try await bench.fill("b")
            var iterator = try await bench.consume().makeAsyncIterator()
            #expect(try await iterator.next()?.message.text == "b")
        }
    }
}
