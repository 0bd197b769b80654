import RabbitMQ
import TestSupport
import Testing

/// What a broker refuses, and in which words: programs and people read them.
@Suite("Refusals", .timeLimit(.minutes(5)))
struct RefusalTests {
    /// Something that is refused. `Q` stands for a queue that exists, with `x-max-length` 5, `X` for a direct exchange.
    struct Refused: Sendable, CustomTestStringConvertible {
        var code: UInt16
        var text: String
        var attempt: @Sendable (Channel, _ queue: String, _ exchange: String) async throws -> Void

        var testDescription: String { text }

        init(
            _ code: UInt16,
            _ text: String,
            _ attempt: @escaping @Sendable (Channel, _ queue: String, _ exchange: String) async throws -> Void
        ) {
            self.code = code
            self.text = text
            self.attempt = attempt
        }
    }

    private static func publish(
        _ exchange: String,
        _ channel: Channel,
        _ change: (inout MessageProperties) -> Void = { _ in }
    ) async throws {
        var message = Message("a")
        change(&message.properties)
        try await channel.enableConfirms()
        let outcome = try await channel.publish(message, exchange: exchange, routingKey: "k", isMandatory: true)
        if case .inDoubt(let error) = outcome { throw error }
    }

    private static func declare(
        _ name: String,
        _ arguments: FieldTable,
        _ channel: Channel
    ) async throws {
        try await channel.declare(QueueDeclaration(name: name, arguments: arguments))
    }

    static let queues: [Refused] = [
        Refused(404, "NOT_FOUND - no queue 'missing' in vhost '/'") { channel, _, _ in
            _ = try await channel.status(ofQueue: "missing")
        },
        Refused(404, "NOT_FOUND - no queue 'missing' in vhost '/'") { channel, _, _ in
            try await channel.purgeQueue("missing")
        },
        Refused(404, "NOT_FOUND - no previously declared queue") { channel, _, _ in _ = try await channel.get("") },
        Refused(403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'") { channel, _, _ in
            try await channel.declare(QueueDeclaration(name: "amq.mine"))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'Q' in vhost '/': received '6' but current is '5'"
        ) { channel, queue, _ in
            try await declare(queue, ["x-max-length": 6], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'Q' in vhost '/': received none but current is the value '5' of type 'long'"
        ) { channel, queue, _ in
            try await declare(queue, [:], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'Q' in vhost '/': received the value '4' of type 'signedint' but current is none"
        ) { channel, queue, _ in
            try await declare(queue, ["x-max-length": 5, "x-message-ttl": .int32(4)], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'x-dead-letter-exchange' for queue 'Q' in vhost '/': received the value 'x' of type 'longstr' but current is none"
        ) { channel, queue, _ in
            try await declare(queue, ["x-max-length": 5, "x-dead-letter-exchange": "x"], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'Q' in vhost '/': received 'false' but current is 'true'"
        ) { channel, queue, _ in
            try await channel.declare(QueueDeclaration(name: queue, isDurable: false))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'auto_delete' for queue 'Q' in vhost '/': received 'true' but current is 'false'"
        ) { channel, queue, _ in
            try await channel.declare(QueueDeclaration(name: queue, isAutoDeleted: true))
        },
        Refused(
            405,
            "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'Q' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration."
        ) { channel, queue, _ in
            try await channel.declare(QueueDeclaration(name: queue, isExclusive: true))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'new' in vhost '/': {value_negative,-1}"
        ) { channel, _, _ in
            try await declare("new", ["x-max-length": -1], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue 'new' in vhost '/': \"expected integer, got longstr\""
        ) { channel, _, _ in
            try await declare("new", ["x-message-ttl": "a"], channel)
        },
        Refused(406, "PRECONDITION_FAILED - invalid arg 'x-overflow' for queue 'new' in vhost '/': invalid_overflow") {
            channel,
            _,
            _ in try await declare("new", ["x-overflow": "a"], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - invalid arg 'x-dead-letter-routing-key' for queue 'new' in vhost '/': routing_key_but_no_dlx_defined"
        ) { channel, _, _ in
            try await declare("new", ["x-dead-letter-routing-key": "a"], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'new' in vhost '/': \"unsupported queue type 'a'\""
        ) { channel, _, _ in
            try await declare("new", ["x-queue-type": "a"], channel)
        },
        Refused(
            406,
            "PRECONDITION_FAILED - invalid arg 'x-delivery-limit' for queue 'new' in vhost '/' of queue type rabbit_classic_queue"
        ) { channel, _, _ in
            try await declare("new", ["x-delivery-limit": 3], channel)
        },
        Refused(406, "PRECONDITION_FAILED - invalid property 'non-durable' for queue 'new' in vhost '/'") {
            channel,
            _,
            _ in
            let quorum: FieldTable = ["x-queue-type": "quorum"]
            try await channel.declare(QueueDeclaration(name: "new", isDurable: false, arguments: quorum))
        },
        Refused(406, "PRECONDITION_FAILED - invalid property 'auto-delete' for queue 'new' in vhost '/'") {
            channel,
            _,
            _ in
            let quorum: FieldTable = ["x-queue-type": "quorum"]
            try await channel.declare(QueueDeclaration(name: "new", isAutoDeleted: true, arguments: quorum))
        },
    ]

    static let exchanges: [Refused] = [
        Refused(404, "NOT_FOUND - no exchange 'missing' in vhost '/'") { channel, _, _ in
            try await channel.checkExchange("missing")
        },
        Refused(404, "NOT_FOUND - no exchange 'missing' in vhost '/'") { channel, _, _ in
            try await channel.bind(QueueBinding(queue: "missing", exchange: "missing"))
        },
        Refused(404, "NOT_FOUND - no queue 'missing' in vhost '/'") { channel, _, exchange in
            try await channel.bind(QueueBinding(queue: "missing", exchange: exchange))
        },
        Refused(404, "NOT_FOUND - no exchange 'missing' in vhost '/'") { channel, _, _ in
            try await publish("missing", channel)
        },
        Refused(403, "ACCESS_REFUSED - operation not permitted on the default exchange") { channel, queue, _ in
            try await channel.bind(QueueBinding(queue: queue, exchange: ""))
        },
        Refused(403, "ACCESS_REFUSED - operation not permitted on the default exchange") { channel, _, _ in
            try await channel.deleteExchange("")
        },
        Refused(403, "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed") {
            channel,
            _,
            _ in try await channel.deleteExchange("amq.direct")
        },
        Refused(403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'") { channel, _, _ in
            try await channel.declare(ExchangeDeclaration(name: "amq.mine"))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'X' in vhost '/': received 'fanout' but current is 'direct'"
        ) { channel, _, exchange in
            try await channel.declare(ExchangeDeclaration(name: exchange, kind: .fanout))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'X' in vhost '/': received 'false' but current is 'true'"
        ) { channel, _, exchange in
            try await channel.declare(ExchangeDeclaration(name: exchange, isDurable: false))
        },
        Refused(
            406,
            "PRECONDITION_FAILED - inequivalent arg 'alternate-exchange' for exchange 'X' in vhost '/': received the value 'a' of type 'longstr' but current is none"
        ) { channel, _, exchange in
            try await channel.declare(ExchangeDeclaration(name: exchange, arguments: ["alternate-exchange": "a"]))
        },
    ]

    static let publishes: [Refused] = [
        Refused(406, "PRECONDITION_FAILED - user_id property set to 'somebody' but authenticated user was 'guest'") {
            channel,
            _,
            exchange in try await publish(exchange, channel) { $0.userID = "somebody" }
        },
        Refused(406, "PRECONDITION_FAILED - invalid expiration 'soon': no_integer") { channel, _, exchange in
            try await publish(exchange, channel) { $0.expiration = "soon" }
        },
        Refused(406, "PRECONDITION_FAILED - invalid expiration '-1': {value_negative,-1}") { channel, _, exchange in
            try await publish(exchange, channel) { $0.expiration = "-1" }
        },
        Refused(406, "PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,\"CC\",longstr}") {
            channel,
            _,
            exchange in try await publish(exchange, channel) { $0.headers = ["CC": "x"] }
        },
        Refused(406, "PRECONDITION_FAILED - fast reply consumer does not exist") { channel, _, exchange in
            try await publish(exchange, channel) { $0.replyTo = "amq.rabbitmq.reply-to" }
        },
        Refused(406, "PRECONDITION_FAILED - reply consumer cannot acknowledge") { channel, _, _ in
            try await channel.setPrefetch(1)
            _ = try await channel.consume("amq.rabbitmq.reply-to", consumerTag: "c")
        },
        Refused(404, "NOT_FOUND - no queue 'amq.rabbitmq.reply-to.a' in vhost '/'") { channel, _, _ in
            _ = try await channel.status(ofQueue: "amq.rabbitmq.reply-to.a")
        },
    ]

    @Test(
        "what a broker refuses closes the channel alone, with a code and words",
        arguments: BrokerUnderTest.all,
        queues + exchanges + publishes
    )
    func refusal(broker: BrokerUnderTest, refused: Refused) async throws {
        try await Bench.with(broker, "refusal", arguments: ["x-max-length": 5]) { bench in
            let exchange = TestBroker.uniqueName("exchange")
            try await bench.channel.declare(ExchangeDeclaration(name: exchange))
            let channel = try await bench.connection.openChannel()

            let error = await #expect(throws: RabbitMQError.self) {
                try await refused.attempt(channel, bench.queue, exchange)
            }

            #expect(error?.code == .channelClosed)
            #expect(error?.replyCode == refused.code)
            let text = error?.message
                .replacing("'\(bench.queue)'", with: "'Q'")
                .replacing("'\(exchange)'", with: "'X'")
            #expect(text == refused.text)
            #expect(await bench.connection.closed == nil)
            try await bench.channel.deleteExchange(exchange)
        }
    }

    @Test("an unknown kind of exchange ends the connection with 503", arguments: BrokerUnderTest.all)
    func unknownKind(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()

            let error = await #expect(throws: RabbitMQError.self) {
                try await channel.declare(ExchangeDeclaration(name: TestBroker.uniqueName("exchange"), kind: "bogus"))
            }

            #expect(error?.code == .closedByBroker)
            #expect(error?.replyCode == 503)
            #expect(error?.message == "COMMAND_INVALID - unknown exchange type 'bogus'")
        }
    }

    @Test("a queue of a kind is not one of another, and classic is what says nothing", arguments: BrokerUnderTest.all)
    func queueKinds(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "kinds", arguments: ["x-queue-type": "quorum"]) { bench in
            let plain = try await bench.connection.openChannel()
            let error = await #expect(throws: RabbitMQError.self) {
                try await plain.declare(QueueDeclaration(name: bench.queue))
            }

            #expect(
                error?.message.hasSuffix("received none but current is the value 'quorum' of type 'longstr'") == true
            )
            let classic = TestBroker.uniqueName("classic")
            for arguments in [[:], ["x-queue-type": "classic"], ["x-unheard-of": 1]] as [FieldTable] {
                try await bench.channel.declare(QueueDeclaration(name: classic, arguments: arguments))
            }
            try await bench.channel.deleteQueue(classic)
        }
    }
}
