import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

@Suite("Faults of the in-memory broker", .timeLimit(.minutes(5)))
struct FaultTests {
    @Test("closed connections end with the code and the words, deliveries go back, and others are let in")
    func closeConnections() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        #expect(try await bench.publish("a", to: "q") == "confirmed")
        var iterator = try await bench.channel.consume("q", consumerTag: "c").makeAsyncIterator()
        _ = try await iterator.next()
        #expect(bench.broker.unacknowledgedCount(in: "q") == 1)

        bench.broker.closeConnections(replyCode: 320, text: "CONNECTION_FORCED - maintenance")

        let error = await bench.connection.waitUntilClosed()
        #expect(error.code == .closedByBroker)
        #expect(error.replyCode == 320)
        #expect(error.message == "CONNECTION_FORCED - maintenance")
        #expect(error.isRetryable)
        #expect(bench.texts(in: "q") == ["a"])
        #expect(bench.broker.unacknowledgedCount(in: "q") == 0)
        try await eventually("the connection is gone") { bench.broker.connectionCount == 0 }
        let next = try await Connection.open(bench.broker.configuration())
        #expect(bench.broker.connectionCount == 1)
        await next.close()
        #expect(bench.broker.connectionCount == 0)
    }

    @Test("dropped connections are lost without a word, and what was delivered comes again")
    func dropConnections() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        #expect(try await bench.publish("a", to: "q") == "confirmed")
        var iterator = try await bench.channel.consume("q", consumerTag: "c").makeAsyncIterator()
        let delivery = try #require(try await iterator.next())

        bench.broker.dropConnections()

        #expect(await bench.connection.waitUntilClosed().code == .connectionLost)
        let settling = await #expect(throws: RabbitMQError.self) { try await bench.channel.acknowledge(delivery) }
        #expect(settling?.code == .staleDelivery)
        let next = try await Connection.open(bench.broker.configuration())
        let channel = try await next.openChannel()
        let (again, _) = try #require(try await channel.get("q"))
        #expect(again.isRedelivered)
        await next.close()
    }

    @Test("held confirms leave a publish waiting, and in doubt when the connection goes, though it is in its queue")
    func heldConfirmInDoubt() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        bench.broker.holdConfirms()
        async let outcome = bench.publish("a", to: "q")
        try await eventually("it is in the queue") { bench.texts(in: "q") == ["a"] }

        bench.broker.dropConnections()

        #expect(try await outcome == "in doubt: connectionLost")
        #expect(bench.texts(in: "q") == ["a"])
    }

    @Test("released confirms answer every publish that waited, refused and returned ones as such")
    func releasedConfirms() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(
            QueueDeclaration(name: "q", arguments: ["x-max-length": 50, "x-overflow": "reject-publish"])
        )
        bench.broker.holdConfirms()
        async let outcomes = withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<60 { group.addTask { try await bench.publish("\(number)", to: "q") } }
            group.addTask { try await bench.publish("lost", to: "nowhere") }
            return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        try await eventually("all are sent") { await bench.connection.unconfirmedCount == 61 }

        bench.broker.releaseConfirms()

        #expect(try await outcomes == ["confirmed": 50, "nacked": 10, "returned 312": 1])
    }

    @Test("a stopped broker is unreachable; started again it has what is durable, and nothing else")
    func stopAndStart() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "durable"))
        try await bench.channel.declare(QueueDeclaration(name: "quorum", arguments: ["x-queue-type": "quorum"]))
        try await bench.channel.declare(QueueDeclaration(name: "transient", isDurable: false))
        try await bench.channel.declare(QueueDeclaration(name: "exclusive", isExclusive: true))
        try await bench.channel.declare(ExchangeDeclaration(name: "kept"))
        try await bench.channel.declare(ExchangeDeclaration(name: "lost", isDurable: false))
        try await bench.channel.bind(QueueBinding(queue: "durable", exchange: "kept", routingKey: "k"))
        for queue in ["durable", "quorum", "transient", "exclusive"] {
            #expect(try await bench.publish("held", to: queue) == "confirmed")
            #expect(try await bench.publish("persistent", to: queue) == "confirmed")
            let outcome = try await bench.publish("passing", to: queue) {
                $0.properties.deliveryMode = .transient
            }
            #expect(outcome == "confirmed")
        }
        _ = try await bench.channel.get("durable")

        bench.broker.stop()

        let error = await bench.connection.waitUntilClosed()
        #expect(error.code == .closedByBroker)
        #expect(error.replyCode == 320)
        let refused = await #expect(throws: RabbitMQError.self) {
            _ = try await Connection.open(bench.broker.configuration())
        }
        #expect(refused?.code == .unreachable)
        #expect(refused?.isRetryable == true)

        bench.broker.start()

        let connection = try await Connection.open(bench.broker.configuration())
        let channel = try await connection.openChannel()
        #expect(bench.texts(in: "durable") == ["held", "persistent"])
        #expect(bench.texts(in: "quorum") == ["held", "persistent", "passing"])
        #expect(try await channel.get("durable")?.delivery.isRedelivered == true)
        try await channel.enableConfirms()
        let routed = try await channel.publish(
            Message(body: []),
            exchange: "kept",
            routingKey: "k",
            isMandatory: true
        )
        guard case .confirmed = routed else {
            Issue.record("the durable binding is gone")
            return
        }
        for queue in ["transient", "exclusive"] {
            let asking = try await connection.openChannel()
            let missing = await #expect(throws: RabbitMQError.self) { _ = try await asking.status(ofQueue: queue) }
            #expect(missing?.replyCode == 404)
        }
        let missing = await #expect(throws: RabbitMQError.self) { try await channel.checkExchange("lost") }
        #expect(missing?.replyCode == 404)
        await connection.close()
    }

    @Test("an alarm blocks who publishes, and nobody else, until it is lifted")
    func block() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        let other = try await Connection.open(bench.broker.configuration())
        let consuming = try await other.openChannel()
        try await consuming.setPrefetch(1)
        var events = bench.events.makeAsyncIterator()
        bench.broker.block(reason: "low on disk")
        async let outcome = bench.publish("a", to: "q")

        guard case .blocked(let reason) = await events.next() else {
            Issue.record("something else happened")
            return
        }
        #expect(reason == "low on disk")
        #expect(await bench.connection.isBlockedByBroker)
        #expect(bench.texts(in: "q").isEmpty)
        #expect(try await consuming.status(ofQueue: "q").readyCount == 0)
        #expect(await other.isBlockedByBroker == false)
        bench.broker.unblock()

        guard case .unblocked = await events.next() else {
            Issue.record("something else happened")
            return
        }
        #expect(try await outcome == "confirmed")
        #expect(try await consuming.get("q")?.delivery.message.text == "a")
        await other.close()
    }

    @Test("acknowledgements that come too late close their channel, and what it held goes back")
    func expireAcknowledgements() async throws {
        let bench = try await Bench()
        try await bench.channel.declare(QueueDeclaration(name: "q"))
        try await bench.channel.declare(QueueDeclaration(name: "other"))
        #expect(try await bench.publish("a", to: "q") == "confirmed")
        var iterator = try await bench.channel.consume("q", consumerTag: "c").makeAsyncIterator()
        _ = try await iterator.next()
        bench.broker.expireAcknowledgements(ofQueue: "other")
        #expect(await bench.channel.isOpen)

        bench.broker.expireAcknowledgements(ofQueue: "q")

        let ending = await #expect(throws: RabbitMQError.self) { _ = try await iterator.next() }
        #expect(ending?.code == .channelClosed)
        #expect(ending?.isAcknowledgementTimeout == true)
        #expect(ending?.isRetryable == true)
        #expect(bench.texts(in: "q") == ["a"])
        #expect(await bench.connection.closed == nil)
        var events = bench.events.makeAsyncIterator()
        guard case .acknowledgementTimedOut(let error) = await events.next() else {
            Issue.record("something else happened")
            return
        }
        #expect(error.replyCode == 406)
    }

    @Test(
        "refused logins throw what they are refused with, and open connections go on",
        arguments: [(.accessRefused, 403), (.virtualHostRefused, 530), (.timeout, nil)]
            as [(RabbitMQError.Code, UInt16?)]
    )
    func refuseLogins(code: RabbitMQError.Code, replyCode: UInt16?) async throws {
        let bench = try await Bench()
        bench.broker.refuseLogins(code)

        let error = await #expect(throws: RabbitMQError.self) {
            _ = try await Connection.open(bench.broker.configuration())
        }

        #expect(error?.code == code)
        #expect(error?.replyCode == replyCode)
        #expect(await bench.connection.closed == nil)
        bench.broker.acceptLogins()
        let next = try await Connection.open(bench.broker.configuration())
        await next.close()
    }
}
