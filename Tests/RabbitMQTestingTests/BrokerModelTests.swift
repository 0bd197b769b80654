import RabbitMQ
import Testing

@testable import RabbitMQTesting

/// What no client of ours says, or says only by chance.
@Suite("What a broker does, as a value")
struct BrokerModelTests {
    /// A model with a connection that has channel 1 open, in confirm mode.
    private static func opened() throws -> (BrokerModel, SessionID) {
        var model = BrokerModel(startedAtSeconds: 1_000_000)
        let session = try model.open(user: "guest", virtualHost: "/")
        for command in [Command.channelOpen, .confirmSelect] { model.receive(command, channel: 1, from: session) }
        _ = model.takeFrames(of: session)
        return (model, session)
    }

    private static func methods(_ frames: [Frame]) -> [Method] {
        frames.compactMap { frame in
            guard case .method(_, let method) = frame else { return nil }
            return method
        }
    }

    private static func publish(to queue: String, exchange: String = "") -> Command {
        .basicPublish(
            OutgoingMessage(
                message: Message(body: [1]),
                exchange: exchange,
                routingKey: queue,
                isMandatory: true
            )
        )
    }

    @Test("confirms that were not read yet come as one, up to the first refusal")
    func confirmsTogether() throws {
        var (model, session) = try Self.opened()
        let arguments: FieldTable = ["x-max-length": 3, "x-overflow": "reject-publish"]
        model.receive(
            .queueDeclare(QueueDeclaration(name: "q", arguments: arguments), isPassive: false),
            channel: 1,
            from: session
        )
        _ = model.takeFrames(of: session)

        for _ in 1...4 { model.receive(Self.publish(to: "q"), channel: 1, from: session) }
        model.receive(Self.publish(to: "q"), channel: 1, from: session)
        model.receive(.queuePurge(name: "q"), channel: 1, from: session)
        model.receive(Self.publish(to: "q"), channel: 1, from: session)

        #expect(
            Self.methods(model.takeFrames(of: session).frames) == [
                .queuePurgeOk(messageCount: 3), .basicNack(deliveryTag: 4, throughTag: false),
                .basicNack(deliveryTag: 5, throughTag: false), .basicAck(deliveryTag: 3, throughTag: true),
                .basicAck(deliveryTag: 6, throughTag: false),
            ]
        )
    }

    @Test("a channel error swallows the confirms behind it, and what follows on the channel")
    func swallowedConfirms() throws {
        var (model, session) = try Self.opened()
        model.receive(.queueDeclare(QueueDeclaration(name: "q"), isPassive: false), channel: 1, from: session)
        _ = model.takeFrames(of: session)

        model.receive(Self.publish(to: "q"), channel: 1, from: session)
        model.receive(Self.publish(to: "q", exchange: "missing"), channel: 1, from: session)
        model.receive(Self.publish(to: "q"), channel: 1, from: session)

        let reason = Method.CloseReason(code: 404, text: "NOT_FOUND - no exchange 'missing' in vhost '/'")
        #expect(Self.methods(model.takeFrames(of: session).frames) == [.channelClose(reason)])
        #expect(model.queues["q"]?.readyCount == 1)
    }

    @Test(
        "an unknown delivery tag closes the channel with 406, and puts back what it held",
        arguments: [
            .basicAck(deliveryTag: 7, throughTag: false), .basicAck(deliveryTag: 7, throughTag: true),
            .basicNack(deliveryTag: 7, throughTag: true, requeue: false),
            .basicReject(deliveryTag: 7, requeue: true),
        ] as [Command]
    )
    func unknownTag(command: Command) throws {
        var (model, session) = try Self.opened()
        model.receive(.queueDeclare(QueueDeclaration(name: "q"), isPassive: false), channel: 1, from: session)
        model.receive(Self.publish(to: "q"), channel: 1, from: session)
        model.receive(.basicGet(queue: "q", mode: .manualAcknowledgement), channel: 1, from: session)
        _ = model.takeFrames(of: session)
        #expect(model.queues["q"]?.unacknowledgedCount == 1)

        model.receive(command, channel: 1, from: session)

        let reason = Method.CloseReason(code: 406, text: "PRECONDITION_FAILED - unknown delivery tag 7")
        #expect(Self.methods(model.takeFrames(of: session).frames) == [.channelClose(reason)])
        #expect(model.queues["q"]?.readyCount == 1)
        #expect(model.queues["q"]?.unacknowledgedCount == 0)
    }

    @Test("tag 0 through itself settles everything, be it nothing")
    func everything() throws {
        var (model, session) = try Self.opened()
        model.receive(.queueDeclare(QueueDeclaration(name: "q"), isPassive: false), channel: 1, from: session)
        for _ in 1...3 {
            model.receive(Self.publish(to: "q"), channel: 1, from: session)
            model.receive(.basicGet(queue: "q", mode: .manualAcknowledgement), channel: 1, from: session)
        }
        _ = model.takeFrames(of: session)

        for _ in 1...2 { model.receive(.basicAck(deliveryTag: 0, throughTag: true), channel: 1, from: session) }

        #expect(model.takeFrames(of: session).frames.isEmpty)
        #expect(model.queues["q"]?.unacknowledgedCount == 0)
        #expect(model.queues["q"]?.readyCount == 0)
    }

    @Test("an acknowledgement of a queue that was made again does not touch the new one")
    func queueMadeAgain() throws {
        var (model, session) = try Self.opened()
        let declare = Command.queueDeclare(QueueDeclaration(name: "q"), isPassive: false)
        let get = Command.basicGet(queue: "q", mode: .manualAcknowledgement)
        for command in [
            declare, Self.publish(to: "q"), get, .queueDelete(name: "q"), declare, Self.publish(to: "q"), get,
        ] {
            model.receive(command, channel: 1, from: session)
        }

        model.receive(.basicReject(deliveryTag: 1, requeue: true), channel: 1, from: session)

        #expect(model.queues["q"]?.unacknowledgedCount == 1)
        #expect(model.queues["q"]?.readyCount == 0)
    }

    @Test("a command on a channel that is not open ends the connection with 504")
    func closedChannel() throws {
        var (model, session) = try Self.opened()

        model.receive(.basicQos(prefetchCount: 1), channel: 2, from: session)

        let reason = Method.CloseReason(code: 504, text: "CHANNEL_ERROR - expected 'channel.open'")
        #expect(Self.methods(model.takeFrames(of: session).frames) == [.connectionClose(reason)])
        model.receive(.basicQos(prefetchCount: 1), channel: 1, from: session)
        #expect(model.takeFrames(of: session).frames.isEmpty)
        model.receive(.connectionCloseOk, channel: 0, from: session)
        #expect(model.takeFrames(of: session).isOver)
    }

    @Test("a channel that both sides close at once is answered, and gone once the broker has its answer, too")
    func closedByBoth() throws {
        var (model, session) = try Self.opened()
        model.receive(.basicAck(deliveryTag: 1, throughTag: false), channel: 1, from: session)
        _ = model.takeFrames(of: session)

        for command in [Command.channelClose, .basicQos(prefetchCount: 1), .channelCloseOk] {
            model.receive(command, channel: 1, from: session)
        }

        #expect(Self.methods(model.takeFrames(of: session).frames) == [.channelCloseOk])
        #expect(model.sessions[session]?.channels.isEmpty == true)
        #expect(model.openSessions == [session])
    }

    @Test("a blocked connection is not read: its requests wait behind the publish, in their order")
    func blocked() throws {
        var (model, session) = try Self.opened()
        model.receive(.queueDeclare(QueueDeclaration(name: "q"), isPassive: false), channel: 1, from: session)
        _ = model.takeFrames(of: session)
        model.alarm = "low on memory"

        model.receive(Self.publish(to: "q"), channel: 1, from: session)
        model.receive(.queuePurge(name: "q"), channel: 1, from: session)

        #expect(
            Self.methods(model.takeFrames(of: session).frames) == [.connectionBlocked(reason: "low on memory")]
        )
        #expect(model.queues["q"]?.readyCount == 0)
        model.unblock()
        #expect(
            Self.methods(model.takeFrames(of: session).frames) == [
                .connectionUnblocked, .queuePurgeOk(messageCount: 1), .basicAck(deliveryTag: 1, throughTag: false),
            ]
        )
    }

    @Test("only who has something to read is woken")
    func awakened() throws {
        var (model, session) = try Self.opened()
        let other = try model.open(user: "guest", virtualHost: "/")
        _ = model.takeAwakened()

        model.receive(.basicQos(prefetchCount: 1), channel: 1, from: session)

        #expect(model.takeAwakened() == [session])
        #expect(model.takeAwakened().isEmpty)
        model.cut(other)
        #expect(model.takeAwakened() == [other])
    }

    @Test("a message that dies from queue to queue in a circle of full ones comes to an end")
    func fullCircle() throws {
        var (model, session) = try Self.opened()
        for (name, next) in [("a", "b"), ("b", "a")] {
            let arguments: FieldTable = [
                "x-max-length": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(next),
            ]
            model.receive(
                .queueDeclare(QueueDeclaration(name: name, arguments: arguments), isPassive: false),
                channel: 1,
                from: session
            )
        }

        model.receive(Self.publish(to: "a"), channel: 1, from: session)

        #expect(model.queues["a"]?.readyCount == 0)
        #expect(model.queues["b"]?.readyCount == 0)
    }
}
