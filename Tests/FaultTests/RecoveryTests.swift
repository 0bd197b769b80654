import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("Coming back", .timeLimit(.minutes(5)))
    struct RecoveryTests {
        private static let policy = RecoveryPolicy(
            firstPause: .milliseconds(20),
            longestPause: .milliseconds(200),
            configurationPause: .milliseconds(300)
        )

        /// Keeps a connection open while `body` runs.
        private func withRabbit<Result: Sendable>(
            _ endpoints: [ConnectionConfiguration],
            prepare: @escaping RecoveringConnection.Preparation = { _ throws(RabbitMQError) in },
            _ body: (RecoveringConnection, EventTap) async throws -> Result
        ) async throws -> Result {
            let tap = EventTap()
            let rabbit = RecoveringConnection(endpoints, policy: Self.policy, onEvent: tap.note, prepare: prepare)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await rabbit.run() }
                let result = try await body(rabbit, tap)
                group.cancelAll()
                return result
            }
        }

        private func publish(_ text: String, to queue: String, over publisher: RecoveringPublisher) async throws {
            var message = Message(text)
            message.properties.deliveryMode = .persistent
            let outcome = try await publisher.publish(message, routingKey: queue, isMandatory: true)
            #expect(outcome.summary == "confirmed")
        }

        @Test("started before its broker, it waits, and what was to be published goes out when the broker is up")
        func startsFirst() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("starts-first", type: "quorum")
                try await node.stop()

                try await withRabbit([node.configuration()]) { rabbit, tap in
                    let publisher = RecoveringPublisher(rabbit)
                    async let publishing: Void = publish("patient", to: queue, over: publisher)
                    try await tap.retrying(after: .unreachable)
                    #expect(rabbit.current == nil)

                    try await node.start()

                    try await publishing
                    #expect(rabbit.current != nil)
                }
                #expect(try await node.takeAll(from: queue).map(\.text) == ["patient"])
            }
        }

        @Test("after the node was killed and came back the same publisher and the same sequence go on")
        func killedAndRestarted() async throws {
            try await withNode { node in
                // Classic: RabbitMQ 3.10.8 has a new quorum queue on disk only a moment after it says that it exists.
                let queue = try await node.declareQueue("comes-back")
                try await withRabbit([node.configuration()]) { rabbit, tap in
                    let publisher = RecoveringPublisher(rabbit)
                    let consumer = RecoveringConsumer(
                        rabbit,
                        ConsumerDeclaration(queue: queue, consumerTag: "c"),
                        prefetch: 10
                    )
                    var deliveries = consumer.deliveries.makeAsyncIterator()
                    try await publish("before", to: queue, over: publisher)
                    let held = try #require(await deliveries.next())
                    #expect(held.message.text == "before")

                    try await node.kill()
                    try await tap.retrying(after: .connectionLost)
                    let settling = await #expect(throws: RabbitMQError.self) {
                        try await held.channel.acknowledge(held)
                    }
                    #expect(settling?.code == .staleDelivery)
                    try await node.start()

                    let again = try #require(await deliveries.next())
                    #expect(again.message.text == "before")
                    #expect(again.isRedelivered)
                    #expect(again.generation > held.generation)
                    try await again.channel.acknowledge(again)
                    try await publish("after", to: queue, over: publisher)
                    let after = try #require(await deliveries.next())
                    #expect(after.message.text == "after")
                    try await after.channel.acknowledge(after)
                }
                #expect(try await node.takeAll(from: queue) == [])
            }
        }

        @Test("brokers are tried in turn, without a pause before the last, and the good one is kept")
        func severalBrokers() async throws {
            try await withNode { node in
                let absent = try node.configuration { $0.port = 1 }
                let present = try node.configuration { $0.connectionName = "several" }
                try await withRabbit([absent, present]) { rabbit, tap in
                    let address = try await tap.connected()
                    #expect(address == present.address)

                    try await node.killConnections(count: 1, meanPauseMilliseconds: 0, named: "several")

                    // The one that was good last comes first: the other is not asked.
                    let pauseCode = try await tap.next("it tried again") { event -> RabbitMQError.Code? in
                        guard case .retrying(let error, _, _) = event else { return nil }
                        return error.code
                    }
                    #expect(pauseCode == .closedByBroker)
                    _ = try await tap.connected()
                }
            }
        }

        @Test("a wrong password is tried again slowly and loudly, and heals without a restart")
        func wrongPassword() async throws {
            try await withNode { node in
                let configuration = try node.configuration {
                    $0.user = "late"
                    $0.password = .init("secret")
                }
                try await withRabbit([configuration]) { _, tap in
                    for _ in 1...2 {
                        let pause = try await tap.retrying(after: .accessRefused)
                        #expect(pause == Self.policy.configurationPause)
                    }

                    try await node.control("add_user", "late", "secret")
                    try await node.control("set_permissions", "late", ".*", ".*", ".*")

                    try await tap.connected()
                    try await node.control("delete_user", "late")
                }
            }
        }

        @Test("a missing virtual host is tried again slowly, and used when it is there")
        func missingVirtualHost() async throws {
            try await withNode { node in
                try await withRabbit([node.configuration { $0.virtualHost = "late" }]) { _, tap in
                    let pause = try await tap.retrying(after: .virtualHostRefused)
                    #expect(pause == Self.policy.configurationPause)

                    try await node.control("add_vhost", "late")
                    try await node.control("set_permissions", "-p", "late", "guest", ".*", ".*", ".*")

                    try await tap.connected()
                    try await node.control("delete_vhost", "late")
                }
            }
        }

        @Test("what can't be prepared gives the connection up, slowly, until it can")
        func preparation() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("prepared", type: "classic")
                let wanted = QueueDeclaration(name: queue, arguments: ["x-queue-type": "quorum"])
                try await withRabbit(
                    [node.configuration()],
                    prepare: { connection throws(RabbitMQError) in
                        try await connection.openChannel().declare(wanted)
                    }
                ) { rabbit, tap in
                    let pause = try await tap.retrying(after: .channelClosed, replyCode: 406)
                    #expect(pause == Self.policy.configurationPause)
                    #expect(rabbit.current == nil)

                    try await node.withChannel { _, channel in _ = try await channel.deleteQueue(queue) }

                    let connection = try await rabbit.connection()
                    _ = try await connection.openChannel().declare(wanted)
                }
                #expect(try await node.takeAll(from: queue) == [])
            }
        }

        @Test("a queue deleted under its consumer is prepared and consumed again")
        func queueDeleted() async throws {
            try await withNode { node in
                let queue = TestBroker.uniqueName("deleted")
                try await withRabbit(
                    [node.configuration()],
                    prepare: { connection throws(RabbitMQError) in
                        try await connection.openChannel().declare(QueueDeclaration(name: queue))
                    }
                ) { rabbit, tap in
                    let consumer = RecoveringConsumer(
                        rabbit,
                        ConsumerDeclaration(queue: queue, consumerTag: "c"),
                        prefetch: 10
                    )
                    async let delivery = { () async -> Delivery? in
                        var deliveries = consumer.deliveries.makeAsyncIterator()
                        return await deliveries.next()
                    }()
                    try await tap.consuming()

                    try await node.withChannel { _, channel in _ = try await channel.deleteQueue(queue) }

                    try await tap.next("the consumer was cancelled") { event -> Void? in
                        guard case .consumerCancelled(let cancelled) = event else { return nil }
                        return #expect(cancelled.queue == queue)
                    }
                    try await tap.consuming()
                    try await publish("new", to: queue, over: RecoveringPublisher(rabbit))
                    #expect(await delivery?.message.text == "new")
                }
                _ = try await node.takeAll(from: queue)
            }
        }

        // A channel keeps the time-out it opened with; it looks for what is late at each tick.
        @Test("an acknowledgement that comes too late costs the channel, and consuming goes on over another")
        func acknowledgementTimeOut() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("too-late")
                try await node.eval(
                    """
                    application:set_env(rabbit, consumer_timeout, 1000),
                    application:set_env(rabbit, channel_tick_interval, 500).
                    """
                )
                try await withRabbit([node.configuration()]) { rabbit, tap in
                    let consumer = RecoveringConsumer(
                        rabbit,
                        ConsumerDeclaration(queue: queue, consumerTag: "c"),
                        prefetch: 1
                    )
                    try await publish("a", to: queue, over: RecoveringPublisher(rabbit))
                    var deliveries = consumer.deliveries.makeAsyncIterator()
                    let late = try #require(await deliveries.next())
                    try await node.eval("application:set_env(rabbit, consumer_timeout, 1800000).")

                    try await tap.next("the acknowledgement timed out") { event -> Void? in
                        guard case .acknowledgementTimedOut(let error) = event else { return nil }
                        return #expect(error.replyCode == 406)
                    }

                    let next = try #require(await deliveries.next())
                    #expect(next.isRedelivered)
                    #expect(next.generation > late.generation)
                    try await next.channel.acknowledge(next)
                }
                #expect(try await node.takeAll(from: queue) == [])
            }
        }

        @Test("a channel the broker closes under a publisher costs the message that did it, and no other")
        func publishingChannelClosed() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("publishes-on")
                try await withRabbit([node.configuration()]) { rabbit, _ in
                    let publisher = RecoveringPublisher(rabbit)
                    try await publish("first", to: queue, over: publisher)

                    let outcome = try await publisher.publish(
                        Message("nowhere"),
                        exchange: "no-such-exchange",
                        routingKey: "q",
                        isMandatory: true
                    )

                    guard case .inDoubt(let error) = outcome else {
                        Issue.record("\(outcome)")
                        return
                    }
                    #expect(error.replyCode == 404)
                    try await publish("second", to: queue, over: publisher)
                }
                #expect(try await node.takeAll(from: queue).map(\.text) == ["first", "second"])
            }
        }

        @Test("when all channel numbers of a connection are used the publisher gets another connection")
        func channelsExhausted() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("many-channels")
                try await withRabbit([node.configuration()]) { rabbit, _ in
                    let first = try await rabbit.connection()
                    while let channel = try? await first.openChannel() { await channel.close() }

                    try await publish("a", to: queue, over: RecoveringPublisher(rabbit))

                    #expect(rabbit.current !== first)
                }
                #expect(try await node.takeAll(from: queue).map(\.text) == ["a"])
            }
        }

        @Test("whoever waits for a connection is told when it is cancelled, and when nobody keeps one open any more")
        func ends() async throws {
            try await withNode { node in
                let rabbit = RecoveringConnection([try node.configuration { $0.port = 1 }], policy: Self.policy)
                let running = Task { await rabbit.run() }
                let cancelled = Task { try await rabbit.connection() }
                let waiting = Task { try await rabbit.connection() }
                let publishing = Task {
                    try await RecoveringPublisher(rabbit).publish(Message("a"), routingKey: "q", isMandatory: true)
                }

                cancelled.cancel()
                let first = await #expect(throws: RabbitMQError.self) { _ = try await cancelled.value }
                #expect(first?.code == .cancelled)
                running.cancel()
                await running.value

                let second = await #expect(throws: RabbitMQError.self) { _ = try await waiting.value }
                #expect(second?.code == .closedByUs)
                let third = await #expect(throws: RabbitMQError.self) { _ = try await publishing.value }
                #expect(third?.code == .closedByUs)
                let consumer = RecoveringConsumer(
                    rabbit,
                    ConsumerDeclaration(queue: "q", consumerTag: "c"),
                    prefetch: 1
                )
                #expect(await consumer.subscribe() == nil)
            }
        }
    }
}
