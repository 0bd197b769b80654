import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("A node that dies or shuts down", .timeLimit(.minutes(5)))
    struct NodeDeathTests {
        // The order of what is checked is the order of the promises: nobody hangs, a confirm is never taken back, and
        // what was refused to its caller is nowhere.
        @Test("killed with publishes in flight and deliveries held, a node loses nothing it confirmed")
        func killed() async throws {
            try await withNode { node in
                let classic = try await node.declareQueue("killed-classic")
                let quorum = try await node.declareQueue("killed-quorum", type: "quorum")
                let held = try await node.declareQueue("killed-held", type: "quorum")
                let declared = ContinuousClock.now
                let flight = Flight()

                try await node.withChannel { consumer, consuming in
                    try await fill(held, 10, over: consuming)
                    try await consuming.setPrefetch(10)
                    let deliveries = try await consuming.consume(held, consumerTag: "c")
                    let taken = try await take(10, from: deliveries)

                    try await node.withChannel { publisher, channel in
                        async let landing: Void = flight.run(tasks: 200, over: channel, to: [classic, quorum])
                        // RabbitMQ 3.10.8 has a new quorum queue on disk a moment after it says that it exists.
                        try await eventually("the queues are old enough, and some are confirmed") {
                            await flight.confirmed.count > 1000 && .now - declared > .seconds(2)
                        }
                        try await node.kill()
                        await landing

                        #expect(await publisher.waitUntilClosed().code == .connectionLost)
                        #expect(await channel.waitUntilClosed().code == .connectionLost)
                    }
                    #expect(await consumer.waitUntilClosed().code == .connectionLost)
                    let iterating = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
                    #expect(iterating?.code == .connectionLost)
                    #expect(iterating?.isRetryable == true)
                    for delivery in taken {
                        let settling = await #expect(throws: RabbitMQError.self) {
                            try await consuming.acknowledge(delivery)
                        }
                        #expect(settling?.code == .staleDelivery)
                    }
                }

                let ends = await flight.ends
                #expect(ends.values.reduce(0, +) == 200)
                #expect(ends["in doubt: connectionLost", default: 0] > 0)
                #expect(
                    Set(["in doubt: connectionLost", "not sent: connectionLost"]).isSuperset(of: ends.keys),
                    "\(ends)"
                )

                try await node.start()
                let found = try await node.takeAll(from: classic) + node.takeAll(from: quorum)
                let numbers = Set(found.compactMap(\.number))
                let (confirmed, inDoubt, unsent) = await (flight.confirmed, flight.inDoubt, flight.unsent)
                #expect(numbers.count == found.count)
                // A few tell enough: there are many thousands.
                #expect(confirmed.subtracting(numbers).sorted().prefix(5) == [])
                #expect(numbers.intersection(unsent).sorted().prefix(5) == [])
                #expect(numbers.subtracting(confirmed).subtracting(inDoubt).sorted().prefix(5) == [])
                #expect(try await node.takeAll(from: held).count == 10)
            }
        }

        @Test("an operator who closes all connections is a broker that closed them, and may be tried again at once")
        func allConnectionsClosed() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("closed")
                try await expectClosedByBroker(node, queue, words: "for the test") {
                    try await node.control("close_all_connections", "for the test")
                }

                try await node.withChannel { _, channel in
                    let outcome = try await channel.publish(Message("a"), routingKey: queue, isMandatory: true)
                    #expect(outcome.summary == "confirmed")
                }
                _ = try await node.takeAll(from: queue)
            }
        }

        @Test("a node whose RabbitMQ is stopped says so, refuses connections for a while, and comes back")
        func stoppedApp() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("stopped-app", type: "quorum")
                let flight = try await expectClosedByBroker(node, queue, words: "shutdown") {
                    try await node.control("stop_app")
                }
                let refusal = await #expect(throws: RabbitMQError.self) {
                    _ = try await Connection.open(node.configuration())
                }
                #expect(refusal?.code == .unreachable)
                #expect(refusal?.isRetryable == true)

                try await node.control("start_app")

                let numbers = Set(try await node.takeAll(from: queue).compactMap(\.number))
                #expect(await flight.confirmed.subtracting(numbers) == [])
            }
        }

        // Whoever reconnects must be able to tell weather from settings at every moment of a start.
        @Test("while a node comes back, logins that would be right fail for the moment only, and wrong ones as wrong")
        func logins() async throws {
            try await withNode { node in
                try await node.stop()
                async let starting: Void = node.start()

                async let right = refusals(try node.configuration())
                async let password = refusals(try node.configuration { $0.password = .init("wrong") })
                async let user = refusals(try node.configuration { $0.user = "nobody" })
                async let virtualHost = refusals(try node.configuration { $0.virtualHost = "missing" })

                let refused = try await (right: right, password: password, user: user, virtualHost: virtualHost)
                try await starting
                #expect(!refused.right.isEmpty)
                #expect(refused.right.filter { !$0.isRetryable }.map(\.description) == [])
                #expect(refused.password.last?.code == .accessRefused)
                #expect(refused.user.last?.code == .accessRefused)
                #expect(refused.virtualHost.last?.code == .virtualHostRefused)
                for refusals in [refused.password, refused.user, refused.virtualHost] {
                    #expect(refusals.dropLast().filter { !$0.isRetryable }.map(\.description) == [])
                }
            }
        }

        // MARK: - Helpers

        /// Expects that everything which waits on connections learns of the close that `order` brings about.
        @discardableResult
        private func expectClosedByBroker(
            _ node: BrokerNode,
            _ queue: String,
            words: String,
            order: () async throws -> Void
        ) async throws -> Flight {
            let flight = Flight()
            let idle = try await node.declareQueue("idle")
            try await node.withChannel { consumer, consuming in
                try await consuming.setPrefetch(1)
                let deliveries = try await consuming.consume(idle, consumerTag: "c")
                try await node.withChannel { publisher, channel in
                    async let landing: Void = flight.run(tasks: 50, over: channel, to: [queue])
                    try await eventually("some are confirmed") { await flight.confirmed.count > 200 }
                    try await order()
                    await landing

                    // A node that shuts down hangs up right behind its words, so a send may find the socket broken first.
                    let reason = await publisher.waitUntilClosed()
                    #expect(reason.isRetryable)
                    #expect([.closedByBroker, .connectionLost].contains(reason.code))
                    let ends = await flight.ends
                    #expect(ends.values.reduce(0, +) == 50)
                    #expect(
                        Set(["in doubt: \(reason.code)", "not sent: \(reason.code)"]).isSuperset(of: ends.keys),
                        "\(ends)"
                    )
                }

                let reason = await consumer.waitUntilClosed()
                #expect(reason.code == .closedByBroker)
                #expect(reason.replyCode == 320)
                #expect(reason.message.contains(words))
                #expect(reason.isRetryable)
                let iterating = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
                #expect(iterating?.code == .closedByBroker)
            }
            return flight
        }

        /// Opens a connection again and again, until that works or fails for good, and returns the errors.
        private func refusals(_ configuration: ConnectionConfiguration) async throws -> [RabbitMQError] {
            var refusals: [RabbitMQError] = []
            try await eventually("a login is taken, or refused for good", within: .seconds(300)) {
                do throws(RabbitMQError) {
                    await (try Connection.open(configuration)).close()
                    return true
                } catch {
                    refusals.append(error)
                    return !error.isRetryable
                }
            }
            return refusals
        }

        private func fill(_ queue: String, _ count: Int, over channel: Channel) async throws {
            for number in 0..<count {
                var message = Message("\(number)")
                message.properties.deliveryMode = .persistent
                let outcome = try await channel.publish(message, routingKey: queue, isMandatory: true)
                try #require(outcome.summary == "confirmed")
            }
        }

        private func take(_ count: Int, from deliveries: Deliveries) async throws -> [Delivery] {
            var iterator = deliveries.makeAsyncIterator()
            var taken: [Delivery] = []
            while taken.count < count { taken.append(try #require(try await iterator.next())) }
            return taken
        }
    }
}
