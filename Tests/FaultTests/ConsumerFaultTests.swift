import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("What happens to a consumer", .timeLimit(.minutes(5)))
    struct ConsumerFaultTests {
        // The new queue has the old one's name. A client that overlooks the broker's cancel waits on it for ever
        // (rabbitmq-c 870).
        @Test(
            "a queue deleted and created again ends its consumer, which can start anew",
            arguments: ["classic", "quorum"]
        )
        func queueCreatedAgain(type: String) async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("created-again", type: type)
                try await node.withChannel { connection, channel in
                    try await channel.setPrefetch(10)
                    let deliveries = try await channel.consume(queue, consumerTag: "c")
                    let reading = Task { await readToTheEnd(deliveries) }
                    try await node.withChannel { _, other in
                        _ = try await other.publish(Message("old"), routingKey: queue, isMandatory: true)
                        try await other.deleteQueue(queue)
                        // RabbitMQ 3.10.8 takes some 30 ms to cancel the consumers of a quorum queue, and forgets to where
                        // it is created again meanwhile: the new queue sends to a consumer that nothing reaches any more,
                        // for any client.
                        if type == "quorum" { _ = await reading.value }
                        _ = try await other.declare(
                            QueueDeclaration(name: queue, arguments: ["x-queue-type": .string(type)])
                        )
                        let outcome = try await other.publish(Message("new"), routingKey: queue, isMandatory: true)
                        #expect(outcome.summary == "confirmed")
                    }

                    let (old, error) = await reading.value
                    #expect(error?.code == .consumerCancelled)
                    #expect(error?.isRetryable == true)
                    #expect(old.map(\.message.text) == ["old"])
                    var iterator = try await channel.consume(queue, consumerTag: "c").makeAsyncIterator()
                    let new = try #require(try await iterator.next())
                    #expect(new.message.text == "new")
                    // What it held of the old queue is settled to no effect, on the queue that is there now least of all.
                    for delivery in old { try await channel.acknowledge(delivery) }
                    try await channel.acknowledge(new)
                    _ = try await channel.status(ofQueue: queue)
                    #expect(await connection.closed == nil)
                }
                #expect(try await node.takeAll(from: queue) == [])
            }
        }

        /// What a consumer gets until it gets no more, and why.
        private func readToTheEnd(_ deliveries: Deliveries) async -> ([Delivery], RabbitMQError?) {
            var iterator = deliveries.makeAsyncIterator()
            var taken: [Delivery] = []
            do throws(RabbitMQError) {
                while let delivery = try await iterator.next() { taken.append(delivery) }
                return (taken, nil)
            } catch {
                return (taken, error)
            }
        }

        // A channel keeps the time-out it opened with, so no other one is hurried; it looks for what is late at each tick.
        @Test("a delivery held longer than the broker allows costs the channel, and goes to the next")
        func acknowledgementTimeOut() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("held-too-long")
                try await node.eval(
                    """
                    application:set_env(rabbit, consumer_timeout, 1000),
                    application:set_env(rabbit, channel_tick_interval, 500).
                    """
                )
                let connection = try await Connection.open(node.configuration())
                let channel = try await connection.openChannel()
                try await node.eval("application:set_env(rabbit, consumer_timeout, 1800000).")
                try await channel.enableConfirms()
                _ = try await channel.publish(Message("a"), routingKey: queue, isMandatory: true)
                try await channel.setPrefetch(1)
                let deliveries = try await channel.consume(queue, consumerTag: "c")
                var iterator = deliveries.makeAsyncIterator()
                let delivery = try #require(try await iterator.next())

                let reason = await channel.waitUntilClosed()

                #expect(reason.code == .channelClosed)
                #expect(reason.replyCode == 406)
                #expect(reason.isRetryable, "\(reason)")
                let iterating = await #expect(throws: RabbitMQError.self) { _ = try await iterator.next() }
                #expect(iterating?.replyCode == 406)
                let settling = await #expect(throws: RabbitMQError.self) { try await channel.acknowledge(delivery) }
                #expect(settling?.code == .staleDelivery)
                let next = try await connection.openChannel()
                try await next.setPrefetch(1)
                var again = try await next.consume(queue, consumerTag: "c").makeAsyncIterator()
                let redelivery = try #require(try await again.next())
                #expect(redelivery.isRedelivered)
                try await next.acknowledge(redelivery)
                await connection.close()
                #expect(try await node.takeAll(from: queue) == [])
            }
        }

        @Test("a queue that another consumer has for itself is refused with 403, until it lets go")
        func exclusiveConsumer() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("exclusive")
                // By env, which lets the signal through that will end it: this thread has signals blocked.
                let other = try Program(
                    "/usr/bin/env",
                    [
                        "--default-signal", "/usr/bin/python3", "-c",
                        """
                        import sys, pika
                        channel = pika.BlockingConnection(pika.URLParameters(sys.argv[1])).channel()
                        channel.basic_consume(sys.argv[2], lambda *_: None, exclusive=True)
                        print("consuming", flush=True)
                        channel.start_consuming()
                        """,
                        node.uri, queue,
                    ]
                )
                try await eventually("the other consumes") { other.outputSoFar.contains("consuming") }

                try await node.withChannel { connection, channel in
                    try await channel.setPrefetch(1)
                    let error = await #expect(throws: RabbitMQError.self) {
                        _ = try await channel.consume(queue, consumerTag: "c")
                    }
                    #expect(error?.code == .channelClosed)
                    #expect(error?.replyCode == 403)
                    #expect(error?.isRetryable == true)
                    #expect(error?.message.contains("exclusive") == true)

                    try await other.stop()
                    try await eventually("the queue is free") {
                        let next = try await connection.openChannel()
                        try await next.setPrefetch(1)
                        do throws(RabbitMQError) {
                            _ = try await next.consume(queue, consumerTag: "c")
                            return true
                        } catch {
                            return false
                        }
                    }
                }
            }
        }

        @Test("of replies published while their queue is deleted each is confirmed or returned")
        func replyQueueGone() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("reply-queue")
                let flight = Flight()
                try await node.withChannel { connection, channel in
                    async let landing: Void = flight.run(tasks: 50, over: channel, to: [queue])
                    try await eventually("some are confirmed") { await flight.confirmed.count > 100 }
                    try await node.withChannel { _, other in _ = try await other.deleteQueue(queue) }
                    await landing

                    #expect(await flight.ends == ["returned 312": 50])
                    #expect(await channel.isOpen)
                }
            }
        }
    }
}
