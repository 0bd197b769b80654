import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    /// A quorum queue on a machine that is too busy for it: its processes are halted from within the node.
    @Suite("A quorum queue that is slow", .timeLimit(.minutes(1)))
    struct SlowQueueTests {
        // The leader of the queue is halted while both ask; RabbitMQ gives up on it after 250 ms.
        @Test("seems empty to who asks once, and not to who asks for numbers to rely on")
        func counts() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("slow", type: "quorum")
                try await node.withChannel { _, channel in
                    for _ in 0..<5 { _ = try await channel.publish(Message("m"), routingKey: queue, isMandatory: true) }
                    try await node.eval("sys:suspend('%2F_\(queue)').")

                    async let reliable = channel.reliableStatus(ofQueue: queue).readyCount
                    let first = try await channel.status(ofQueue: queue).readyCount
                    try await node.eval("sys:resume('%2F_\(queue)').")

                    #expect(first == 0)
                    #expect(try await reliable == 5)
                    try await channel.deleteQueue(queue)
                }
            }
        }

        @Test("that is empty is so at once, also to who asks for numbers to rely on")
        func empty() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("slow", type: "quorum")
                try await node.withChannel { _, channel in
                    #expect(try await channel.reliableStatus(ofQueue: queue).readyCount == 0)
                    try await channel.deleteQueue(queue)
                }
            }
        }
    }
}
