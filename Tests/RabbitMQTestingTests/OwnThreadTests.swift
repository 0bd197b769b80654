import Glibc
import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

/// A task that prefers the connection's thread keeps it while it works.
@Suite("On the connection's own thread", .timeLimit(.minutes(5)))
struct OwnThreadTests {
    /// Takes three deliveries, and does something with them on their connection's thread.
    private static func onThread<Result: Sendable>(
        _ work: @Sendable @escaping (InMemoryBroker, Channel, [Delivery]) async throws -> Result
    ) async throws -> Result {
        let broker = InMemoryBroker()
        let connection = try await Connection.open(broker.configuration())
        let channel = try await connection.openChannel()
        try await channel.declare(QueueDeclaration(name: "work"))
        try await channel.enableConfirms()
        for _ in 0..<3 { _ = try await channel.publish(Message("m"), routingKey: "work", isMandatory: true) }
        var deliveries: [Delivery] = []
        while let (delivery, _) = try await channel.get("work") { deliveries.append(delivery) }
        let held = deliveries
        let result = try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask(executorPreference: connection.executor) { try await work(broker, channel, held) }
            guard let result = try await group.next() else { throw NeverHappened(description: "it ends") }
            return result
        }
        await connection.close()
        return result
    }

    @Test("deliveries are acknowledged, once each, and are not those of another channel")
    func acknowledging() async throws {
        let errors = try await Self.onThread { _, channel, deliveries in
            for delivery in deliveries { try await channel.acknowledge(delivery) }
            let settled = await #expect(throws: RabbitMQError.self) { try await channel.acknowledge(deliveries[0]) }
            await channel.close()
            let stale = await #expect(throws: RabbitMQError.self) { try await channel.acknowledge(deliveries[1]) }
            return [settled?.code, stale?.code]
        }

        #expect(errors == [.alreadySettled, .staleDelivery])
    }

    @Test("acknowledgements go out although the task keeps the thread between them")
    func sent() async throws {
        let left = try await Self.onThread { broker, channel, deliveries in
            for delivery in deliveries { try await channel.acknowledge(delivery) }
            try await eventually("all are settled") { broker.unacknowledgedCount(in: "work") == 0 }
            return broker.messages(in: "work").count
        }

        #expect(left == 0)
    }

    // The task itself keeps the connection from reading that it was lost.
    @Test("whether a channel is open is said only when what the broker has sent by then was read")
    func kept() async throws {
        let answers = try await Self.onThread { broker, channel, _ in
            let before = await channel.isOpen
            broker.dropConnections()
            usleep(1_200_000)
            return [before, await channel.isOpen]
        }

        #expect(answers == [true, false])
    }
}
