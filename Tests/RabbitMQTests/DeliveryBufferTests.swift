import Testing

@testable import RabbitMQ

@Suite("What a consumer's sequence gives, and how it ends", .timeLimit(.minutes(1)))
struct DeliveryBufferTests {
    private let buffer = DeliveryBuffer(mode: .manualAcknowledgement)
    private var deliveries: Deliveries { Deliveries(consumerTag: "c", buffer: buffer) }
    private let lost = RabbitMQError(.connectionLost, "gone")

    private func delivery(_ tag: UInt64) -> Delivery {
        Delivery(
            message: Message(body: []),
            bodyByteCount: 0,
            generation: ChannelGeneration(number: 1),
            deliveryTag: tag,
            isRedelivered: false,
            exchange: "",
            routingKey: "q",
            consumerTag: "c"
        )
    }

    @Test("deliveries come in the order they arrived")
    func order() async throws {
        for tag: UInt64 in 1...3 { buffer.append(delivery(tag)) }
        buffer.finish(nil)

        var tags: [UInt64] = []
        for try await delivery in deliveries { tags.append(delivery.deliveryTag) }

        #expect(tags == [1, 2, 3])
    }

    @Test("whoever waits gets the next delivery")
    func waiting() async throws {
        let deliveries = self.deliveries
        async let next = { () async throws -> UInt64? in
            var iterator = deliveries.makeAsyncIterator()
            return try await iterator.next()?.deliveryTag
        }()
        buffer.append(delivery(7))

        #expect(try await next == 7)
    }

    @Test("a cancelled consumer ends without an error after what had arrived, and stays ended")
    func finished() async throws {
        buffer.append(delivery(1))
        buffer.finish(nil)
        buffer.append(delivery(2))
        buffer.finish(lost)
        var iterator = deliveries.makeAsyncIterator()

        #expect(try await iterator.next()?.deliveryTag == 1)
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test("a consumer the broker cancelled throws after what had arrived, every time")
    func failed() async throws {
        buffer.append(delivery(1))
        buffer.finish(lost)
        var iterator = deliveries.makeAsyncIterator()

        #expect(try await iterator.next()?.deliveryTag == 1)
        for _ in 1...2 {
            let error = await #expect(throws: RabbitMQError.self) { _ = try await iterator.next() }
            #expect(error?.code == .connectionLost)
        }
    }

    @Test("when the channel is gone nothing that was left is given out, since the broker has it again")
    func discarded() async {
        buffer.append(delivery(1))
        buffer.discard(lost)
        var iterator = deliveries.makeAsyncIterator()

        let error = await #expect(throws: RabbitMQError.self) { _ = try await iterator.next() }
        #expect(error?.code == .connectionLost)
    }

    @Test("cancelling the iterating task ends the sequence")
    func cancelledTask() async throws {
        let deliveries = self.deliveries
        let iterating = Task {
            for try await _ in deliveries {}
            return Task.isCancelled
        }

        iterating.cancel()

        #expect(try await iterating.value)
    }

    @Test("what had arrived is not lost by a cancelled task that asks for it")
    func cancelledTaskWithDelivery() async throws {
        buffer.append(delivery(1))
        let deliveries = self.deliveries
        let iterating = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            var tags: [UInt64] = []
            for try await delivery in deliveries { tags.append(delivery.deliveryTag) }
            return tags
        }

        #expect(try await iterating.value == [1])
    }
}
