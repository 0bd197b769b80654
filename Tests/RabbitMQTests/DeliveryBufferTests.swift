import Testing

@testable import RabbitMQ

@Suite("What a consumer's sequence gives, and how it ends", .timeLimit(.minutes(5)))
struct DeliveryBufferTests {
    private let buffer = DeliveryBuffer<Int>()
    private let lost = RabbitMQError(.connectionLost, "gone")

    /// Everything until the end.
    private func rest() async throws -> [Int] {
        var elements: [Int] = []
        while let element = try await buffer.next().get() { elements.append(element) }
        return elements
    }

    @Test("deliveries come in the order they arrived")
    func order() async throws {
        for number in 1...3 { buffer.append(number) }
        buffer.finish(nil)

        #expect(try await rest() == [1, 2, 3])
    }

    @Test("whoever waits gets the next delivery")
    func waiting() async throws {
        async let next = buffer.next().get()
        buffer.append(7)

        #expect(try await next == 7)
    }

    @Test("a cancelled consumer ends without an error after what had arrived, and stays ended")
    func finished() async throws {
        buffer.append(1)
        buffer.finish(nil)
        buffer.append(2)
        buffer.finish(lost)

        #expect(try await buffer.next().get() == 1)
        #expect(try await buffer.next().get() == nil)
        #expect(try await buffer.next().get() == nil)
    }

    @Test("a consumer the broker cancelled throws after what had arrived, every time")
    func failed() async throws {
        buffer.append(1)
        buffer.finish(lost)

        #expect(try await buffer.next().get() == 1)
        for _ in 1...2 {
            let error = await #expect(throws: RabbitMQError.self) { _ = try await buffer.next().get() }
            #expect(error?.code == .connectionLost)
        }
    }

    @Test("when the channel is gone nothing that was left is given out, since the broker has it again")
    func discarded() async {
        buffer.append(1)
        buffer.discard(lost)

        let error = await #expect(throws: RabbitMQError.self) { _ = try await buffer.next().get() }
        #expect(error?.code == .connectionLost)
    }

    @Test("cancelling the iterating task ends the sequence")
    func cancelledTask() async throws {
        let iterating = Task {
            _ = try await rest()
            return Task.isCancelled
        }

        iterating.cancel()

        #expect(try await iterating.value)
    }

    @Test("what had arrived is not lost by a cancelled task that asks for it")
    func cancelledTaskWithDelivery() async throws {
        buffer.append(1)
        let iterating = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await rest()
        }

        #expect(try await iterating.value == [1])
    }
}
