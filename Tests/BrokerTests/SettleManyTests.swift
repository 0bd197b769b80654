import RabbitMQ
import TestSupport
import Testing

@Suite("Settling many deliveries at once", .timeLimit(.minutes(5)))
struct SettleManyTests {
    private func take(_ count: Int, from bench: Bench) async throws -> [Delivery] {
        var iterator = try await bench.consume().makeAsyncIterator()
        var deliveries: [Delivery] = []
        for _ in 1...count { deliveries.append(try #require(try await iterator.next())) }
        return deliveries
    }

    @Test(
        "acknowledging through a delivery settles it and all before it, and none behind",
        arguments: BrokerUnderTest.all
    )
    func acknowledgeAll(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "ack-all") { bench in
            try await bench.fill("a", "b", "c", "d")
            let deliveries = try await take(4, from: bench)
            try await bench.channel.acknowledge(deliveries[1])

            try await bench.channel.acknowledgeAll(through: deliveries[2])

            let error = await #expect(throws: RabbitMQError.self) {
                try await bench.channel.acknowledge(deliveries[0])
            }
            #expect(error?.code == .alreadySettled)
            await bench.channel.close()
            let channel = try await bench.connection.openChannel()
            let (left, count) = try #require(try await channel.get(bench.queue))
            #expect(left.message.text == "d")
            #expect(count == 0)
        }
    }

    @Test(
        "giving back through a delivery puts it and all before it back in their order, and none behind",
        arguments: BrokerUnderTest.all
    )
    func rejectAll(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "nack-all", prefetch: 4) { bench in
            try await bench.fill("a", "b", "c", "d")
            var iterator = try await bench.consume().makeAsyncIterator()
            var deliveries: [Delivery] = []
            for _ in 1...4 { deliveries.append(try #require(try await iterator.next())) }

            try await bench.channel.rejectAll(through: deliveries[2], requeue: true)

            for text in ["a", "b", "c"] {
                let again = try #require(try await iterator.next())
                #expect(again.message.text == text)
                #expect(again.isRedelivered)
            }
            try await bench.channel.acknowledge(deliveries[3])
            #expect(await bench.channel.isOpen)
        }
    }

    @Test("what is given back through a delivery without requeue dies, each on its own", arguments: BrokerUnderTest.all)
    func rejectAllWithoutRequeue(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "graveyard") { graveyard in
            let arguments: FieldTable = [
                "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(graveyard.queue),
            ]
            try await Bench.with(broker, "nack-all-dead", arguments: arguments) { bench in
                try await bench.fill("a", "b", "c")
                let deliveries = try await take(3, from: bench)

                try await bench.channel.rejectAll(through: deliveries[1], requeue: false)

                var dead = try await graveyard.consume().makeAsyncIterator()
                #expect(try await dead.next()?.message.text == "a")
                #expect(try await dead.next()?.message.text == "b")
                await bench.channel.close()
                #expect(try await bench.readyCount() == 1)
            }
        }
    }

    @Test("deliveries acknowledged by many tasks in any order are all settled", arguments: BrokerUnderTest.all)
    func manyTasks(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "many-tasks", prefetch: 250) { bench in
            try await withThrowingTaskGroup { group in
                for number in 0..<200 { group.addTask { _ = try await bench.publish(Message("\(number)")) } }
                try await group.waitForAll()
            }
            let deliveries = try await take(200, from: bench)

            try await withThrowingTaskGroup { group in
                for worker in 0..<8 {
                    group.addTask {
                        for index in stride(from: worker, to: 200, by: 8) {
                            // 77 and 200 have no common divisor, so each comes once.
                            try await bench.channel.acknowledge(deliveries[(index * 77) % 200])
                        }
                    }
                }
                try await group.waitForAll()
            }

            // Its answer comes behind them: had one of them been wrong, the channel would be closed.
            try await bench.channel.setPrefetch(1)
            await bench.channel.close()
            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test(
        "acknowledgements that are gathered never settle what is given back among them",
        arguments: BrokerUnderTest.all
    )
    func mixed(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "mixed-settlements", prefetch: 250) { bench in
            for number in 0..<100 { _ = try await bench.publish(Message("\(number)")) }
            let consumer = try await bench.consume()
            var iterator = consumer.makeAsyncIterator()
            var deliveries: [Delivery] = []
            for _ in 0..<100 { deliveries.append(try #require(try await iterator.next())) }
            try await bench.channel.cancel(consumer)

            try await withThrowingTaskGroup { group in
                for (number, delivery) in deliveries.enumerated() {
                    group.addTask {
                        if number.isMultiple(of: 10) {
                            try await bench.channel.reject(delivery, requeue: true)
                        } else {
                            try await bench.channel.acknowledge(delivery)
                        }
                    }
                }
                try await group.waitForAll()
            }

            try await bench.channel.setPrefetch(1)
            var left: [String] = []
            while let (delivery, _) = try await bench.channel.get(bench.queue) { left.append(delivery.message.text) }
            #expect(left == stride(from: 0, to: 100, by: 10).map { "\($0)" })
        }
    }
}
