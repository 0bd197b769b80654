import RabbitMQ
import TestSupport
import Testing

@Suite("Bodies of any size come through intact", .timeLimit(.minutes(5)))
struct BodyTests {
    /// What one frame carries of a body: 131072 less a frame's own 8 bytes.
    private static let frame = 131_064

    private static let sizes = [
        0, 1, 4096, frame - 1, frame, frame + 1, 2 * frame - 1, 2 * frame, 2 * frame + 1, 1 << 20, 10 << 20,
    ]
    private static let sizesAndTypes = sizes.flatMap { [($0, "classic"), ($0, "quorum")] }

    /// A pattern whose length is prime, so that a frame that is lost, repeated or out of order does not fit.
    private static let pattern = (0..<65_537).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func body(_ byteCount: Int) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(byteCount + Self.pattern.count)
        while body.count < byteCount { body += Self.pattern }
        body.removeLast(body.count - byteCount)
        return body
    }

    @Test(
        "a body comes as it went, and is confirmed at once",
        arguments: BrokerUnderTest.all,
        Self.sizesAndTypes
    )
    func roundTrip(broker: BrokerUnderTest, bodyAndQueue: (byteCount: Int, type: String)) async throws {
        let (byteCount, type) = bodyAndQueue
        try await Bench.with(broker, "body", arguments: ["x-queue-type": .string(type)]) { bench in
            let body = body(byteCount)
            var iterator = try await bench.consume().makeAsyncIterator()

            #expect(try await bench.publish(Message(body: body)).summary == "confirmed")

            let delivery = try #require(try await iterator.next())
            #expect(delivery.message.body.count == byteCount)
            // Not #expect of the arrays themselves: a failure would print megabytes.
            let isSame = delivery.message.body == body
            #expect(isSame)
            try await bench.channel.acknowledge(delivery)
        }
    }

    @Test("large and small bodies over one channel keep their order and their bytes", arguments: BrokerUnderTest.all)
    func mixedSizes(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "mixed-sizes", prefetch: 100) { bench in
            let sizes = (0..<60).map { $0.isMultiple(of: 7) ? 300_000 + $0 : $0 }
            let deliveries = try await bench.consume()
            try await withThrowingTaskGroup { group in
                for byteCount in sizes {
                    let body = body(byteCount)
                    group.addTask { _ = try await bench.publish(Message(body: body)) }
                }
                try await group.waitForAll()
            }

            var received: [Int] = []
            for try await delivery in deliveries {
                let isSame = delivery.message.body == body(delivery.message.body.count)
                #expect(isSame)
                received.append(delivery.message.body.count)
                try await bench.channel.acknowledge(delivery)
                if received.count == sizes.count { break }
            }
            #expect(received.sorted() == sizes.sorted())
        }
    }

    @Test("a body returned as unroutable is taken apart from the deliveries", arguments: BrokerUnderTest.all)
    func returnedBody(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "returned-body") { bench in
            let message = Message(body: body(3 * Self.frame))

            let outcome = try await bench.channel.publish(
                message,
                routingKey: TestBroker.uniqueName("nowhere"),
                isMandatory: true
            )

            #expect(outcome.summary == "returned 312")
            #expect(try await bench.publish(Message("a")).summary == "confirmed")
        }
    }

    @Test("of a body above the limit only the size is kept, and the consumer goes on", arguments: BrokerUnderTest.all)
    func tooLarge(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "too-large") { bench in
            _ = try await bench.publish(Message(body: body(200_000)))
            _ = try await bench.publish(Message(body: body(1000)))
            var limited = try broker.configuration()
            limited.maximumBodyByteCount = 1000

            try await withConnection(limited) { connection in
                let channel = try await connection.openChannel()
                try await channel.setPrefetch(2)
                var deliveries = try await channel.consume(bench.queue, consumerTag: "c").makeAsyncIterator()
                let large = try #require(try await deliveries.next())
                let small = try #require(try await deliveries.next())

                #expect(large.message.body.isEmpty)
                #expect(large.bodyByteCount == 200_000)
                #expect(small.message.body == body(1000))
                try await channel.acknowledge(large)
                try await channel.acknowledge(small)
            }

            #expect(try await bench.readyCount() == 0)
        }
    }
}
