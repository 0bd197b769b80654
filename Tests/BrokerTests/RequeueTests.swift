import RabbitMQ
import TestSupport
import Testing

/// The order in which messages come back, which depends on the kind of queue and on how they came back.
@Suite("What comes back to a queue", .timeLimit(.minutes(5)))
struct RequeueTests {
    private static let letters = ["a", "b", "c", "d", "e", "f"]

    private func take(_ count: Int, from bench: Bench) async throws -> [Delivery] {
        var taken: [Delivery] = []
        for _ in 1...count { taken.append(try #require(try await bench.channel.get(bench.queue)).delivery) }
        return taken
    }

    /// What is in the queue, in its order.
    private func texts(_ bench: Bench) async throws -> [String] {
        let channel = try await bench.connection.openChannel()
        var texts: [String] = []
        while let (delivery, _) = try await channel.get(bench.queue) { texts.append(delivery.message.text) }
        await channel.close()
        return texts
    }

    @Test(
        "a classic queue puts it where it was, a quorum queue behind the rest, or in front where it has a delivery limit",
        arguments: BrokerUnderTest.all,
        [
            ([:], ["a", "c", "d", "e", "f"]), (["x-queue-type": "quorum"], ["e", "f", "c", "a", "d"]),
            (["x-queue-type": "quorum", "x-delivery-limit": 9], ["c", "a", "d", "e", "f"]),
        ] as [(FieldTable, [String])]
    )
    func rejected(broker: BrokerUnderTest, expectation: (arguments: FieldTable, order: [String])) async throws {
        try await Bench.with(broker, "rejected", arguments: expectation.arguments) { bench in
            for letter in Self.letters { try await bench.fill(letter) }
            let taken = try await take(4, from: bench)

            for index in [2, 0, 3] { try await bench.channel.reject(taken[index], requeue: true) }
            try await bench.channel.acknowledge(taken[1])
            try await bench.channel.setPrefetch(1)

            #expect(try await texts(bench) == expectation.order)
        }
    }

    @Test(
        "what a channel held when it ended is in front again, in its order",
        arguments: BrokerUnderTest.all,
        [[:], ["x-queue-type": "quorum"], ["x-queue-type": "quorum", "x-delivery-limit": 9]] as [FieldTable]
    )
    func channelEnded(broker: BrokerUnderTest, arguments: FieldTable) async throws {
        try await Bench.with(broker, "channel-ended", arguments: arguments) { bench in
            for letter in Self.letters { try await bench.fill(letter) }
            _ = try await take(3, from: bench)

            await bench.channel.close()

            try await eventually("all are back") { try await bench.readyCount() == 6 }
            #expect(try await texts(bench) == Self.letters)
        }
    }

    @Test(
        "a lost connection's deliveries go to who else consumes, marked as redelivered",
        arguments: BrokerUnderTest.all
    )
    func connectionEnded(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "connection-ended") { bench in
            try await bench.fill("a", "b")
            let other = try await Connection.open(broker.configuration())
            // Two channels: neither may be handed what the other held.
            for number in 1...2 {
                let channel = try await other.openChannel()
                try await channel.setPrefetch(1)
                var iterator = try await channel.consume(bench.queue, consumerTag: "c\(number)").makeAsyncIterator()
                #expect(try await iterator.next() != nil)
            }
            var iterator = try await bench.consume().makeAsyncIterator()

            await other.close()

            // In any order: a node ends the two channels at once.
            var texts: [String] = []
            for _ in 1...2 {
                let delivery = try #require(try await iterator.next())
                #expect(delivery.isRedelivered)
                texts.append(delivery.message.text)
            }
            #expect(texts.sorted() == ["a", "b"])
        }
    }
}
