import RabbitMQ
import TestSupport
import Testing

@Suite("A peer that goes silent or away", .timeLimit(.minutes(5)))
struct SilentPeerTests {
    private func withProxiedConnection(_ body: (Connection, StallingProxy) async throws -> Void) async throws {
        let broker = try ConnectionConfiguration(uri: TestBroker.uri() + "?heartbeat=1")
        try await StallingProxy.with(brokerPort: broker.port) { proxy in
            var configuration = broker
            configuration.host = "127.0.0.1"
            configuration.port = proxy.port
            try await withConnection(configuration) { connection in try await body(connection, proxy) }
        }
    }

    @Test("silence for two heartbeats loses the connection, and puts what was published in doubt")
    func silent() async throws {
        try await Bench.with("silent") { bench in
            try await withProxiedConnection { connection, proxy in
                let channel = try await connection.openChannel()
                try await channel.enableConfirms()
                try await channel.setPrefetch(1)
                let deliveries = try await channel.consume(bench.queue, consumerTag: "c")

                proxy.stall()
                let started = ContinuousClock.now
                let outcome = try await channel.publish(Message("a"), routingKey: bench.queue, isMandatory: true)

                #expect(outcome.summary == "in doubt: connectionLost")
                #expect(await connection.waitUntilClosed().code == .connectionLost)
                let error = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
                #expect(error?.code == .connectionLost)
                #expect(error?.isRetryable == true)
                #expect(ContinuousClock.now - started < .seconds(25))
            }
        }
    }

    // More than the sockets on the way can hold: the thread must not hang in a send to a peer that reads nothing.
    @Test("silence is noticed while more waits to be sent than the sockets hold")
    func silentUnderLoad() async throws {
        try await withProxiedConnection { connection, proxy in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            proxy.stall()
            let started = ContinuousClock.now

            let outcomes = await withTaskGroup(of: String.self) { group in
                let message = Message(body: [UInt8](repeating: 1, count: 60_000))
                for _ in 0..<400 {
                    group.addTask {
                        do throws(RabbitMQError) {
                            return try await channel.publish(message, routingKey: "nowhere", isMandatory: true).summary
                        } catch {
                            return "not sent: \(error.code)"
                        }
                    }
                }
                return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }

            #expect(outcomes["in doubt: connectionLost", default: 0] > 0)
            #expect(outcomes["not sent: connectionLost", default: 0] > 0)
            #expect(outcomes.count == 2, "\(outcomes)")
            #expect(ContinuousClock.now - started < .seconds(25))
        }
    }

    @Test("a connection that is cut is lost at once for everything that waits on it")
    func cut() async throws {
        try await Bench.with("cut") { bench in
            try await withProxiedConnection { connection, proxy in
                let channel = try await connection.openChannel()
                try await channel.setPrefetch(1)
                let deliveries = try await channel.consume(bench.queue, consumerTag: "c")

                proxy.cut()

                #expect(await connection.waitUntilClosed().code == .connectionLost)
                let error = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
                #expect(error?.code == .connectionLost)
                let opening = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }
                #expect(opening?.code == .connectionLost)
            }
        }
    }

    @Test("a connection that is idle for several heartbeats stays open")
    func idle() async throws {
        try await withProxiedConnection { connection, _ in
            let started = ContinuousClock.now

            try await eventually("five seconds are over") { ContinuousClock.now - started > .seconds(5) }

            #expect(await connection.closed == nil)
            _ = try await connection.openChannel()
        }
    }
}
