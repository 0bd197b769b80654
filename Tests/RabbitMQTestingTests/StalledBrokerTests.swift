import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

/// A broker that lives and does not do what it is asked: each was a fault of the client once.
@Suite("A broker that does not answer, or answers elsewhere", .timeLimit(.minutes(5)))
struct StalledBrokerTests {
    /// A connection to a broker under an alarm, with a message that waits for its end.
    private func withAlarm(
        _ body: (InMemoryBroker, Connection, Channel) async throws -> Void
    ) async throws {
        let broker = InMemoryBroker()
        var configuration = broker.configuration()
        configuration.replyTimeout = .milliseconds(200)
        let connection = try await Connection.open(configuration)
        let channel = try await connection.openChannel()
        try await channel.declare(QueueDeclaration(name: "work"))
        try await channel.enableConfirms()
        broker.block()
        async let outcome = channel.publish(Message(body: [1]), routingKey: "work", isMandatory: true)
        try await eventually("it is blocked") { await connection.isBlockedByBroker }

        try await body(broker, connection, channel)

        broker.unblock()
        guard case .confirmed = try await outcome else {
            Issue.record("the message was not confirmed in the end")
            return
        }
        #expect(await connection.closed == nil)
        await connection.close()
    }

    @Test("a request during an alarm waits for its end, as a message does, and costs nothing")
    func requestUnderAlarm() async throws {
        let started = ContinuousClock.now
        try await withAlarm { broker, connection, _ in
            async let opening = connection.openChannel()
            async let status = connection.openChannel().status(ofQueue: "work", within: .seconds(1))
            try await eventually("all times are over") { ContinuousClock.now - started > .seconds(2) }
            #expect(await connection.closed == nil)

            broker.unblock()

            #expect(try await opening.isOpen)
            #expect(try await status.name == "work")
        }
    }

    @Test("a channel is closed during an alarm without waiting for its end")
    func closeUnderAlarm() async throws {
        let broker = InMemoryBroker()
        let connection = try await Connection.open(broker.configuration())
        let channel = try await connection.openChannel()
        let other = try await connection.openChannel()
        try await channel.declare(QueueDeclaration(name: "work"))
        try await channel.enableConfirms()
        broker.block()
        async let outcome = channel.publish(Message(body: [1]), routingKey: "work", isMandatory: true)
        try await eventually("it is blocked") { await connection.isBlockedByBroker }

        await other.close()

        #expect(await other.isOpen == false)
        broker.unblock()
        guard case .confirmed = try await outcome else {
            Issue.record("the message was not confirmed in the end")
            return
        }
        #expect(try await connection.openChannel().isOpen)
        await connection.close()
    }

    @Test("what was acknowledged just before a channel is closed during an alarm stays acknowledged")
    func acknowledgedUnderAlarm() async throws {
        let broker = InMemoryBroker()
        let connection = try await Connection.open(broker.configuration())
        let (channel, consuming) = (try await connection.openChannel(), try await connection.openChannel())
        try await channel.declare(QueueDeclaration(name: "work"))
        try await channel.enableConfirms()
        _ = try await channel.publish(Message(body: [1]), routingKey: "work", isMandatory: true)
        let delivery = try #require(try await consuming.get("work")).delivery
        broker.block()
        async let outcome = channel.publish(Message(body: [2]), routingKey: "", isMandatory: true)
        try await eventually("it is blocked") { await connection.isBlockedByBroker }

        // On the connection's thread, which sends nothing in between.
        try await Task(executorPreference: connection.executor) {
            try await consuming.acknowledge(delivery)
            await consuming.close()
        }.value

        broker.unblock()
        guard case .returned = try await outcome else {
            Issue.record("the message was not returned in the end")
            return
        }
        #expect(try await connection.openChannel().status(ofQueue: "work").readyCount == 0)
        await connection.close()
    }

    @Test("where all channels are used another connection is had at once, without the pause of a wrong setting")
    func replacedAtOnce() async throws {
        let broker = InMemoryBroker()
        let (events, happened) = AsyncStream<ConnectionEvent>.makeStream()
        let rabbit = RecoveringConnection(
            [broker.configuration()],
            policy: RecoveryPolicy(firstPause: .milliseconds(1), configurationPause: .seconds(3600)),
            onEvent: { happened.yield($0) }
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await rabbit.run() }
            defer { group.cancelAll() }
            let first = try await rabbit.connection()
            try await first.openChannel().declare(QueueDeclaration(name: "work"))
            while let channel = try? await first.openChannel() { await channel.close() }

            let outcome = try await RecoveringPublisher(rabbit).publish(
                Message(body: []),
                routingKey: "work",
                isMandatory: true
            )

            guard case .confirmed = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(rabbit.current !== first)
        }
        happened.finish()
        for await event in events {
            guard case .retrying(let error, _, let pause) = event else { continue }
            #expect(error.code == .channelsExhausted)
            #expect(pause < .seconds(3600))
        }
    }

    @Test("of two brokers that fail for different reasons both are told of")
    func bothTold() async throws {
        let down = InMemoryBroker()
        down.stop()
        let strict = InMemoryBroker()
        strict.refuseLogins(.accessRefused)
        let (events, happened) = AsyncStream<ConnectionEvent>.makeStream()
        let rabbit = RecoveringConnection(
            [down.configuration(), strict.configuration()],
            policy: RecoveryPolicy(firstPause: .milliseconds(1), longestPause: .milliseconds(5)),
            onEvent: { happened.yield($0) }
        )
        let running = Task { await rabbit.run() }

        var told: Set<RabbitMQError.Code> = []
        for await event in events {
            if case .retrying(let error, _, _) = event { told.insert(error.code) }
            if told == [.unreachable, .accessRefused] { break }
        }

        running.cancel()
        await running.value
        #expect(told.count == 2)
    }

    @Test("messages that were not sent when the connection is closed are certainly not published")
    func closedBeforeSent() async throws {
        let broker = InMemoryBroker()
        let connection = try await Connection.open(broker.configuration())
        let channel = try await connection.openChannel()
        try await channel.declare(QueueDeclaration(name: "work"))
        try await channel.enableConfirms()
        broker.block()
        async let first = channel.publish(Message(body: [1]), routingKey: "work", isMandatory: true)
        try await eventually("it is blocked") { await connection.isBlockedByBroker }
        let waiting = Task { try await channel.publish(Message(body: [2]), routingKey: "work", isMandatory: true) }
        _ = await connection.isBlockedByBroker

        await connection.close()

        let error = await #expect(throws: RabbitMQError.self) { _ = try await waiting.value }
        #expect(error?.code == .closedByUs)
        guard case .inDoubt = try await first else {
            Issue.record("what was sent is in doubt")
            return
        }
    }
}
