import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("A node short of memory", .timeLimit(.minutes(5)))
    struct MemoryAlarmTests {
        /// Longer than all the times by which a connection may be taken for dead: 2 and 3 heartbeats, the reply time-out.
        private static let alarm = Duration.seconds(15)

        private func configure(_ configuration: inout ConnectionConfiguration) {
            configuration.heartbeat = .seconds(2)
            configuration.replyTimeout = .seconds(5)
        }

        /// Lets the node believe that its memory is used up, for as long as `body` takes.
        private func withAlarm(_ node: BrokerNode, _ body: () async throws -> Void) async throws {
            try await node.control("set_vm_memory_high_watermark", "0.000001")
            do {
                try await body()
            } catch {
                _ = try? await node.control("set_vm_memory_high_watermark", "0.4")
                throw error
            }
            try await node.control("set_vm_memory_high_watermark", "0.4")
        }

        // Over two connections, as is advised: the broker reads nothing more from one that publishes.
        @Test("blocks publishers, who lose nothing by it, and no consumer", arguments: [(16, 0), (200, 64 << 10)])
        func alarm(tasks: Int, padding: Int) async throws {
            try await withNode { node in
                let source = try await node.declareQueue("alarm-source")
                let target = try await node.declareQueue("alarm-target")
                let supply = Flight()
                try await node.withChannel { _, channel in
                    async let landing: Void = supply.run(tasks: 50, over: channel, to: [source])
                    try await eventually("there is enough to consume") { await supply.confirmed.count > 3000 }
                    await supply.land()
                    await landing
                }

                let flight = Flight()
                try await node.withChannel(configure) { consumer, consuming in
                    try await consuming.setPrefetch(10)
                    var iterator = try await consuming.consume(source, consumerTag: "c").makeAsyncIterator()

                    try await node.withChannel(configure) { publisher, channel in
                        async let landing: Void = flight.run(
                            tasks: tasks,
                            over: channel,
                            to: [target],
                            padding: padding
                        )
                        try await eventually("some are confirmed") { await flight.confirmed.count > 100 }

                        try await withAlarm(node) {
                            try await eventually("the publisher is blocked") { await publisher.isBlockedByBroker }
                            let started = ContinuousClock.now
                            // A delivery follows only an acknowledgement that was read: the prefetch is 10.
                            try await eventually("the alarm lasted", within: Self.alarm * 2) {
                                for _ in 0..<4 {
                                    try await consuming.acknowledge(try #require(try await iterator.next()))
                                }
                                return ContinuousClock.now - started > Self.alarm
                            }
                            #expect(await publisher.isBlockedByBroker)
                            #expect(await publisher.closed == nil)
                        }

                        let before = await flight.confirmed.count
                        try await eventually("the publisher goes on") { await flight.confirmed.count > before + 100 }
                        #expect(await publisher.isBlockedByBroker == false)
                        await flight.land()
                        await landing
                        #expect(await flight.ends == [:])
                        #expect(await flight.slowest > Self.alarm)
                    }
                    #expect(await consumer.closed == nil)
                    #expect(await consumer.isBlockedByBroker == false)
                }

                let numbers = try await node.takeAll(from: target).compactMap(\.number)
                let confirmed = await flight.confirmed
                #expect(numbers.count == confirmed.count)
                #expect(confirmed.subtracting(numbers).sorted().prefix(5) == [])
            }
        }
    }
}
