import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    /// Halted by SIGSTOP: the kernel keeps its sockets open, acknowledges what fits them, and nobody reads.
    @Suite("A node that hangs", .timeLimit(.minutes(5)))
    struct HungNodeTests {
        /// Twice the heartbeat is when the client must give up; the rest is for a busy machine.
        private static let heartbeat = Duration.seconds(4)
        /// What takes less has not waited until the loss was noticed, two heartbeats after the last read.
        private static let beforeNoticed = heartbeat * 3 / 2
        private static let noticed = heartbeat * 5

        @Test("is noticed by an idle connection after two heartbeats")
        func idle() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("idle")
                try await node.withChannel {
                    $0.heartbeat = Self.heartbeat
                } _: { connection, channel in
                    try await channel.setPrefetch(1)
                    let deliveries = try await channel.consume(queue, consumerTag: "c")

                    try await node.pause()
                    let started = ContinuousClock.now
                    let iterating = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }

                    #expect(iterating?.code == .connectionLost)
                    #expect(await connection.waitUntilClosed().code == .connectionLost)
                    #expect(ContinuousClock.now - started < Self.noticed)
                }
                try await node.resume()
                try await node.withChannel { _, channel in _ = try await channel.status(ofQueue: queue) }
            }
        }

        // The sockets on the way are full within a moment, so the thread must neither hang in a send nor stop looking at
        // the clock.
        @Test("is noticed as fast while large messages are published without pause")
        func publishing() async throws {
            try await withNode { node in
                // Keeps the node small: it takes what comes, and drops the oldest.
                let queue = try await node.declareQueue("hung", arguments: ["x-max-length": 10])
                let held = try await node.declareQueue("held")
                let flight = Flight()
                try await node.withChannel {
                    $0.heartbeat = Self.heartbeat
                } _: { connection, channel in
                    let delivery = try await takeOne(from: held, over: channel)
                    async let landing: Void = flight.run(tasks: 400, over: channel, to: [queue], padding: 64 << 10)
                    try await eventually("some are confirmed") { await flight.confirmed.count > 400 }
                    try await node.pause()
                    let started = ContinuousClock.now
                    try await channel.acknowledge(delivery)
                    #expect(ContinuousClock.now - started < Self.beforeNoticed)
                    let opening = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }
                    await connection.close()
                    await landing

                    #expect(ContinuousClock.now - started < Self.noticed)
                    #expect(opening?.code == .connectionLost)
                    #expect(await connection.closed?.code == .connectionLost)
                    let ends = await flight.ends
                    #expect(ends.values.reduce(0, +) == 400)
                    #expect(
                        Set(["in doubt: connectionLost", "not sent: connectionLost"]).isSuperset(of: ends.keys),
                        "\(ends)"
                    )
                }
            }
        }

        // The sockets take the first part of such a message and then nothing. librabbitmq would send it in one call, which
        // has no time-out, and keeps the thread from other calls and from giving the connection up.
        @Test("is noticed in the midst of a message larger than the sockets hold, and keeps no other call waiting")
        func largerThanSockets() async throws {
            try await withNode { node in
                let held = try await node.declareQueue("held")
                let message = Message(body: [UInt8](repeating: 1, count: 16 << 20))
                try await node.withChannel {
                    $0.heartbeat = Self.heartbeat
                } _: { _, losing in
                    let connection = try await Connection.open(node.configuration { $0.heartbeat = .seconds(60) })
                    let channel = try await connection.openChannel()
                    try await channel.enableConfirms()
                    let delivery = try await takeOne(from: held, over: channel)
                    try await node.pause()
                    let started = ContinuousClock.now
                    async let lost = losing.publish(message, routingKey: held, isMandatory: true)
                    async let closed = channel.publish(message, routingKey: held, isMandatory: true)
                    try await eventually("the sockets are full") { ContinuousClock.now - started > .milliseconds(500) }

                    try await channel.acknowledge(delivery)
                    #expect(ContinuousClock.now - started < Self.beforeNoticed)
                    await connection.close()
                    #expect(try await closed.summary == "in doubt: closedByUs")
                    #expect(try await lost.summary == "in doubt: connectionLost")
                    #expect(ContinuousClock.now - started < Self.noticed)
                }
            }
        }

        // A heartbeat that is far away, so that nothing but each call's own deadline ends it.
        @Test("keeps no call longer than its own deadline")
        func deadlines() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("deadlines", arguments: ["x-max-length": 10])
                let flight = Flight()
                let configuration = try node.configuration {
                    $0.heartbeat = .seconds(60)
                    $0.replyTimeout = .seconds(2)
                }
                let closing = try await Connection.open(configuration)
                let publishing = try await Connection.open(configuration)
                let quiet = try await publishing.openChannel()
                let channel = try await publishing.openChannel()
                for channel in [quiet, channel] { try await channel.enableConfirms() }

                try await node.pause()
                var started = ContinuousClock.now
                let outcome = try await quiet.publish(Message("a"), routingKey: queue, isMandatory: true)
                #expect(outcome.summary == "in doubt: timeout")
                #expect(ContinuousClock.now - started < .seconds(20))
                #expect(await publishing.closed == nil)

                // Without an answer to the request the connection is given up, and with it what waits to be sent.
                started = .now
                async let landing: Void = flight.run(tasks: 200, over: channel, to: [queue], padding: 64 << 10)
                let opening = await #expect(throws: RabbitMQError.self) { _ = try await publishing.openChannel() }
                await landing
                #expect(opening?.code == .timeout)
                #expect(ContinuousClock.now - started < .seconds(20))
                #expect(await flight.ends.values.reduce(0, +) == 200)

                started = .now
                await closing.close()
                #expect(ContinuousClock.now - started < .seconds(20))
                #expect(await closing.closed?.code == .closedByUs)
            }
        }

        @Test("for less than a heartbeat costs nothing")
        func shortPause() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("short-pause")
                let flight = Flight()
                try await node.withChannel { connection, channel in
                    async let landing: Void = flight.run(tasks: 16, over: channel, to: [queue], padding: 1024)
                    try await eventually("some are confirmed") { await flight.confirmed.count > 100 }
                    try await node.pause()
                    let started = ContinuousClock.now
                    try await eventually("three seconds are over") { ContinuousClock.now - started > .seconds(3) }
                    let before = await flight.confirmed.count
                    try await node.resume()
                    try await eventually("more are confirmed") { await flight.confirmed.count > before + 100 }
                    await flight.land()
                    await landing

                    #expect(await flight.ends == [:])
                    #expect(await flight.slowest > .seconds(2))
                    #expect(await connection.closed == nil)
                }
                let confirmed = await flight.confirmed
                #expect(try await node.takeAll(from: queue).count == confirmed.count)
            }
        }

        /// A delivery that is not settled yet.
        private func takeOne(from queue: String, over channel: Channel) async throws -> Delivery {
            _ = try await channel.publish(Message("a"), routingKey: queue, isMandatory: true)
            try await channel.setPrefetch(1)
            var iterator = try await channel.consume(queue, consumerTag: "c").makeAsyncIterator()
            return try #require(try await iterator.next())
        }
    }
}
