import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    /// A quorum queue on a machine that is too busy for it: its processes are halted from within the node.
    @Suite("A quorum queue that is slow", .timeLimit(.minutes(5)))
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

        // The log of all quorum queues is halted between the deliveries and the last acknowledgement: 32 wait for it, and
        // the channel keeps the others back.
        @Test("loses acknowledgements with their channel, unless its consumer was ended", arguments: [false, true])
        func acknowledgements(isConsumerEnded: Bool) async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("slow", type: "quorum")
                let asking = try await Connection.open(node.configuration())
                try await node.withChannel { _, channel in
                    for _ in 0..<60 {
                        _ = try await channel.publish(Message("m"), routingKey: queue, isMandatory: true)
                    }
                    try await channel.setPrefetch(60)
                    let deliveries = try await channel.consume(queue, consumerTag: "c")
                    var held: [Delivery] = []
                    for try await delivery in deliveries {
                        held.append(delivery)
                        if held.count == 60 { break }
                    }
                    // By itself after a while: the end of the consumer is not answered before.
                    let resume = "spawn(fun() -> timer:sleep(2000), sys:resume(ra_log_wal) end)"
                    try await node.eval("sys:suspend(ra_log_wal)\(isConsumerEnded ? ", \(resume)" : "").")
                    // All but the first, without which no two can go in one: whichever are settled by the time the
                    // connection comes to write, it acknowledges the run that begins with the oldest at once.
                    for delivery in held.dropFirst() { try await channel.acknowledge(delivery) }
                    if isConsumerEnded {
                        try await channel.cancel(deliveries)
                        _ = try await channel.status(ofQueue: queue)
                    }
                    await channel.close()
                    try await node.eval("sys:resume(ra_log_wal).")
                }

                let status = try await asking.openChannel()
                try await eventually("the consumer is gone") {
                    try await status.reliableStatus(ofQueue: queue).consumerCount == 0
                }
                let left = try await status.reliableStatus(ofQueue: queue).readyCount
                #expect(isConsumerEnded ? left == 1 : (20..<30).contains(left), "\(left)")
                try await status.deleteQueue(queue)
                await asking.close()
            }
        }
    }
}
