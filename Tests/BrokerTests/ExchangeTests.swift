import RabbitMQ
import TestSupport
import Testing

@Suite("Exchanges and what is bound to them", .timeLimit(.minutes(5)))
struct ExchangeTests {
    /// Binds the bench's queue to a new exchange, and gives the exchange's name.
    private func bound(
        _ bench: Bench,
        _ kind: ExchangeDeclaration.Kind,
        _ bindings: [(routingKey: String, arguments: FieldTable)]
    ) async throws -> String {
        let exchange = TestBroker.uniqueName("exchange")
        try await bench.channel.declare(ExchangeDeclaration(name: exchange, kind: kind, isAutoDeleted: true))
        for (routingKey, arguments) in bindings {
            try await bench.channel.bind(
                QueueBinding(queue: bench.queue, exchange: exchange, routingKey: routingKey, arguments: arguments)
            )
        }
        return exchange
    }

    private func outcome(
        _ bench: Bench,
        _ exchange: String,
        _ routingKey: String,
        headers: FieldTable? = nil
    ) async throws -> String {
        var message = Message("a")
        message.properties.headers = headers
        return try await bench.channel.publish(
            message,
            exchange: exchange,
            routingKey: routingKey,
            isMandatory: true
        ).summary
    }

    @Test("a direct exchange routes by the very key", arguments: BrokerUnderTest.all)
    func direct(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "direct") { bench in
            let exchange = try await bound(bench, .direct, [("one", [:]), ("two", [:])])

            #expect(try await outcome(bench, exchange, "one") == "confirmed")
            #expect(try await outcome(bench, exchange, "two") == "confirmed")
            #expect(try await outcome(bench, exchange, "On") == "returned 312")
            let (delivery, left) = try #require(try await bench.channel.get(bench.queue))
            #expect(delivery.exchange == exchange)
            #expect(delivery.routingKey == "one")
            #expect(left == 1)
        }
    }

    @Test("a fanout exchange routes to every queue once, whatever the key", arguments: BrokerUnderTest.all)
    func fanout(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "fanout") { bench in
            let exchange = try await bound(bench, .fanout, [("x", [:]), ("y", [:])])
            let second = try await bench.channel.declare(
                QueueDeclaration(name: "", isDurable: false, isExclusive: true)
            )
            try await bench.channel.bind(QueueBinding(queue: second.name, exchange: exchange))

            #expect(try await outcome(bench, exchange, "z") == "confirmed")

            #expect(try await bench.readyCount() == 1)
            #expect(try await bench.channel.status(ofQueue: second.name).readyCount == 1)
        }
    }

    @Test("a topic exchange routes by patterns of words", arguments: BrokerUnderTest.all)
    func topic(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "topic") { bench in
            let exchange = try await bound(bench, .topic, [("a.*.c", [:]), ("log.#", [:]), ("#.end", [:])])

            for key in ["a.b.c", "a..c", "log", "log.x.y", "end", "x.y.end"] {
                #expect(try await outcome(bench, exchange, key) == "confirmed", "\(key)")
            }
            for key in ["a.c", "a.b.b.c", "", "logs", "x.end.y", "A.b.c"] {
                #expect(try await outcome(bench, exchange, key) == "returned 312", "\(key)")
            }
            #expect(try await bench.readyCount() == 6)
        }
    }

    private static let headers: [(binding: FieldTable, sent: FieldTable?, isRouted: Bool)] = [
        (["x-match": "all", "a": 1, "b": "x"], ["a": 1, "b": "x", "c": 3], true),
        (["x-match": "all", "a": 1], ["a": 2], false), (["a": 1, "b": 2], ["b": 2], false),
        (["x-match": "any", "a": 1, "b": 2], ["b": 2], true), (["x-match": "any", "a": 1], ["b": 1], false),
        (["a": 1], ["a": "1"], false), (["a": 1], ["a": .int32(1)], true), (["a": .void], ["a": "x"], true),
        (["a": .void], ["b": "x"], false), (["x-match": "all", "x-a": 1], ["x-a": 2], true),
        (["x-match": "all-with-x", "x-a": 1], ["x-a": 2], false),
        (["x-match": "any-with-x", "x-a": 1], ["x-a": 1], true),
        ([:], nil, true), (["a": 1], nil, false), (["x-match": "any"], ["a": 1], false),
    ]

    @Test("a headers exchange routes by headers", arguments: BrokerUnderTest.all)
    func headers(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "headers") { bench in
            for (binding, sent, isRouted) in Self.headers {
                let exchange = try await bound(bench, .headers, [("ignored", binding)])
                let outcome = try await outcome(bench, exchange, "", headers: sent)
                #expect(outcome == (isRouted ? "confirmed" : "returned 312"), "\(binding) \(String(describing: sent))")
                try await bench.channel.deleteExchange(exchange)
            }
        }
    }

    @Test(
        "what is unbound receives nothing more, and unbinding again is unbound enough",
        arguments: BrokerUnderTest.all
    )
    func unbind(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "unbind") { bench in
            let exchange = try await bound(bench, .direct, [("k", [:]), ("other", [:])])
            let binding = QueueBinding(queue: bench.queue, exchange: exchange, routingKey: "k")
            try await bench.channel.bind(binding)
            #expect(try await outcome(bench, exchange, "k") == "confirmed")
            #expect(try await bench.readyCount() == 1)

            try await bench.channel.unbind(binding)
            try await bench.channel.unbind(binding)

            #expect(try await outcome(bench, exchange, "k") == "returned 312")
        }
    }

    @Test(
        "an auto-deleted exchange goes with its last binding, and with its last queue",
        arguments: BrokerUnderTest.all
    )
    func autoDeleted(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "auto-deleted") { bench in
            let unbound = try await bound(bench, .direct, [("k", [:])])
            let deleted = try await bound(bench, .direct, [("k", [:])])
            try await bench.channel.checkExchange(unbound)

            try await bench.channel.unbind(QueueBinding(queue: bench.queue, exchange: unbound, routingKey: "k"))
            try await bench.channel.deleteQueue(bench.queue)

            for exchange in [unbound, deleted] {
                let channel = try await bench.connection.openChannel()
                let error = await #expect(throws: RabbitMQError.self) { try await channel.checkExchange(exchange) }
                #expect(error?.replyCode == 404)
            }
        }
    }

    @Test("what an exchange can't route goes to its alternate", arguments: BrokerUnderTest.all)
    func alternate(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "alternate") { bench in
            let alternate = try await bound(bench, .fanout, [("", [:])])
            let exchange = TestBroker.uniqueName("exchange")
            try await bench.channel.declare(
                ExchangeDeclaration(name: exchange, arguments: ["alternate-exchange": .string(alternate)])
            )

            #expect(try await outcome(bench, exchange, "nowhere") == "confirmed")

            let (delivery, _) = try #require(try await bench.channel.get(bench.queue))
            #expect(delivery.exchange == exchange)
            #expect(delivery.routingKey == "nowhere")
            try await bench.channel.deleteExchange(exchange)
        }
    }

    @Test("a CC header names more queues, and so does a BCC header, which nobody sees", arguments: BrokerUnderTest.all)
    func copies(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "copies") { bench in
            let copy = try await bench.channel.declare(QueueDeclaration(name: "", isDurable: false, isExclusive: true))
            let blind = try await bench.channel.declare(
                QueueDeclaration(name: "", isDurable: false, isExclusive: true)
            )
            let headers: FieldTable = [
                "CC": .array([.string(copy.name), .string(bench.queue)]), "BCC": .array([.string(blind.name)]),
            ]

            #expect(try await outcome(bench, "", bench.queue, headers: headers) == "confirmed")

            for queue in [bench.queue, copy.name, blind.name] {
                let (delivery, left) = try #require(try await bench.channel.get(queue))
                #expect(delivery.routingKey == bench.queue)
                #expect(delivery.message.properties.headers?["CC"] == headers["CC"])
                #expect(delivery.message.properties.headers?["BCC"] == nil)
                #expect(left == 0)
            }
        }
    }

    @Test("the exchanges of every node are there", arguments: BrokerUnderTest.all)
    func predeclared(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "predeclared") { bench in
            for exchange in ["amq.direct", "amq.fanout", "amq.headers", "amq.match", "amq.topic"] {
                try await bench.channel.checkExchange(exchange)
            }
            try await bench.channel.declare(ExchangeDeclaration(name: "amq.topic", kind: .topic))
        }
    }
}
