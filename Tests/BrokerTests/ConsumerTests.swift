import RabbitMQ
import TestSupport
import Testing

@Suite("Consumers beside each other", .timeLimit(.minutes(5)))
struct ConsumerTests {
    @Test(
        "an exclusive consumer keeps others out, is kept out by others, and lets them in when it has gone",
        arguments: BrokerUnderTest.all
    )
    func exclusive(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "exclusive-consumer") { bench in
            let exclusive = ConsumerDeclaration(queue: bench.queue, consumerTag: "exclusive", isExclusive: true)
            let consumer = try await bench.channel.consume(exclusive)

            let other = try await bench.connection.openChannel()
            try await other.setPrefetch(1)
            let refused = await #expect(throws: RabbitMQError.self) {
                _ = try await other.consume(bench.queue, consumerTag: "other")
            }
            try await bench.channel.cancel(consumer)
            let next = try await bench.connection.openChannel()
            try await next.setPrefetch(1)
            _ = try await next.consume(bench.queue, consumerTag: "next")
            let late = await #expect(throws: RabbitMQError.self) { _ = try await bench.channel.consume(exclusive) }

            for error in [refused, late] {
                #expect(error?.code == .channelClosed)
                #expect(error?.replyCode == 403)
                #expect(error?.message == "ACCESS_REFUSED - queue '\(bench.queue)' in vhost '/' in exclusive use")
            }
        }
    }

    @Test("two consumers of a queue take turns", arguments: BrokerUnderTest.all)
    func turns(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "turns") { bench in
            var first = try await bench.channel.consume(bench.queue, consumerTag: "first").makeAsyncIterator()
            var second = try await bench.channel.consume(bench.queue, consumerTag: "second").makeAsyncIterator()

            try await bench.fill("a", "b", "c", "d")

            #expect(try await first.next()?.message.text == "a")
            #expect(try await second.next()?.message.text == "b")
            #expect(try await first.next()?.message.text == "c")
            #expect(try await second.next()?.message.text == "d")
        }
    }

    @Test("a consumer of higher priority is served while it has room", arguments: BrokerUnderTest.all)
    func priority(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "priority", prefetch: 2) { bench in
            var low = try await bench.channel.consume(bench.queue, consumerTag: "low").makeAsyncIterator()
            var high = try await bench.channel.consume(
                ConsumerDeclaration(queue: bench.queue, consumerTag: "high", arguments: ["x-priority": 5])
            ).makeAsyncIterator()

            try await bench.fill("a", "b", "c")

            #expect(try await high.next()?.message.text == "a")
            #expect(try await high.next()?.message.text == "b")
            #expect(try await low.next()?.message.text == "c")
        }
    }

    @Test(
        "an auto-deleted queue goes with its last consumer, and not before it had one",
        arguments: BrokerUnderTest.all
    )
    func autoDeleted(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            let queue = TestBroker.uniqueName("auto-deleted")
            let channel = try await connection.openChannel()
            try await channel.setPrefetch(1)
            try await channel.declare(QueueDeclaration(name: queue, isDurable: false, isAutoDeleted: true))
            let first = try await channel.consume(queue, consumerTag: "first")
            let second = try await channel.consume(queue, consumerTag: "second")
            try await channel.cancel(first)
            #expect(try await channel.status(ofQueue: queue).consumerCount == 1)

            try await channel.cancel(second)

            try await eventually("it is gone") {
                let asking = try await connection.openChannel()
                do throws(RabbitMQError) {
                    _ = try await asking.status(ofQueue: queue)
                    return false
                } catch {
                    return error.replyCode == 404
                }
            }
        }
    }

    @Test("an exclusive queue goes with its connection", arguments: BrokerUnderTest.all)
    func exclusiveQueue(broker: BrokerUnderTest) async throws {
        let queue = TestBroker.uniqueName("exclusive-queue")
        try await withConnection(broker) { owner in
            let channel = try await owner.openChannel()
            try await channel.declare(QueueDeclaration(name: queue, isDurable: false, isExclusive: true))
        }

        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()
            let status = try await channel.declare(QueueDeclaration(name: queue, isDurable: false, isExclusive: true))
            #expect(status.readyCount == 0)
        }
    }
}
