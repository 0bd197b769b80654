import RabbitMQ
import TestSupport
import Testing

@Suite("Dead letters", .timeLimit(.minutes(5)))
struct DeadLetterTests {
    /// A queue whose dead letters go to another, on a broker, of a kind.
    private func withGraveyard(
        _ broker: BrokerUnderTest,
        _ type: String,
        _ arguments: FieldTable = [:],
        _ body: (_ bench: Bench, _ graveyard: Bench) async throws -> Void
    ) async throws {
        try await Bench.with(broker, "graveyard") { graveyard in
            var all = arguments
            all["x-queue-type"] = .string(type)
            all["x-dead-letter-exchange"] = ""
            all["x-dead-letter-routing-key"] = .string(graveyard.queue)
            try await Bench.with(broker, "dying", arguments: all) { bench in try await body(bench, graveyard) }
        }
    }

    /// Waits for the next dead letter, and settles it.
    private func next(_ graveyard: Bench) async throws -> Delivery {
        var found: Delivery?
        try await eventually("a message is dead") {
            found = try await graveyard.channel.get(graveyard.queue)?.delivery
            return found != nil
        }
        let delivery = try #require(found)
        try await graveyard.channel.acknowledge(delivery)
        return delivery
    }

    private func deaths(of delivery: Delivery) throws -> [FieldTable] {
        guard case .array(let values) = delivery.message.properties.headers?["x-death"] else { return [] }
        return values.compactMap { value in
            guard case .table(let table) = value else { return nil }
            return table
        }
    }

    private func reject(_ bench: Bench) async throws {
        let (delivery, _) = try #require(try await bench.channel.get(bench.queue))
        try await bench.channel.reject(delivery, requeue: false)
    }

    @Test(
        "a dead letter says where, why and when it died, and is otherwise as it was",
        arguments: BrokerUnderTest.all,
        ["classic", "quorum"]
    )
    func headers(broker: BrokerUnderTest, type: String) async throws {
        try await withGraveyard(broker, type) { bench, graveyard in
            var message = Message("a", id: "m")
            message.properties.headers = ["zz": 1, "CC": .array(["nowhere"]), "aa": 2]
            message.properties.expiration = "60000"
            message.properties.deliveryMode = .persistent
            _ = try await bench.publish(message)

            try await reject(bench)
            let letter = try await next(graveyard)

            #expect(letter.message.text == "a")
            #expect(letter.exchange == "")
            #expect(letter.routingKey == graveyard.queue)
            #expect(!letter.isRedelivered)
            var expected = message.properties
            expected.expiration = nil
            expected.headers = letter.message.properties.headers
            #expect(letter.message.properties == expected)
            let headers = try #require(letter.message.properties.headers)
            #expect(
                headers.entries.map(\.key) == [
                    "aa", "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason", "zz",
                ]
            )
            #expect(headers["x-first-death-exchange"] == "")
            #expect(headers["x-first-death-queue"] == .string(bench.queue))
            #expect(headers["x-first-death-reason"] == "rejected")
            let death = try #require(try deaths(of: letter).first)
            #expect(
                death.entries.map(\.key) == [
                    "count", "reason", "queue", "time", "exchange", "routing-keys", "original-expiration",
                ]
            )
            #expect(death["count"] == .int64(1))
            #expect(death["exchange"] == "")
            #expect(death["routing-keys"] == .array([.string(bench.queue), "nowhere"]))
            #expect(death["original-expiration"] == "60000")
            guard case .timestamp(let seconds) = death["time"] else {
                Issue.record("the time of death is \(String(describing: death["time"]))")
                return
            }
            #expect(seconds > 1_700_000_000)
        }
    }

    @Test("a message dies of its queue's time", arguments: BrokerUnderTest.all, ["classic", "quorum"])
    func queueTime(broker: BrokerUnderTest, type: String) async throws {
        try await withGraveyard(broker, type, ["x-message-ttl": 50]) { bench, graveyard in
            try await bench.fill("a", "b")

            broker.pass(.milliseconds(50))

            for text in ["a", "b"] {
                let letter = try await next(graveyard)
                #expect(letter.message.text == text)
                #expect(try deaths(of: letter).first?["reason"] == "expired")
            }
            #expect(try await bench.readyCount() == 0)
        }
    }

    @Test("a message dies of its own time, but not before it is the first", arguments: BrokerUnderTest.all)
    func ownTime(broker: BrokerUnderTest) async throws {
        try await withGraveyard(broker, "classic") { bench, graveyard in
            var mortal = Message("mortal")
            mortal.properties.expiration = "50"
            try await bench.fill("immortal")
            _ = try await bench.publish(mortal)
            _ = try await graveyard.publish(mortal)
            broker.pass(.milliseconds(50))
            // By now its time is over on a node, too: the other one's was, and it was published later.
            try await eventually("the other one has died") { try await graveyard.readyCount() == 0 }
            #expect(try await bench.readyCount() == 2)

            try await reject(bench)

            // It dies as soon as it is the first, which is before the other is rejected, or a little later.
            let letters = [try await next(graveyard), try await next(graveyard)]
            #expect(letters.map(\.message.text).sorted() == ["immortal", "mortal"])
            let letter = try #require(letters.first { $0.message.text == "mortal" })
            #expect(try deaths(of: letter).first?["reason"] == "expired")
            #expect(try deaths(of: letter).first?["original-expiration"] == "50")
        }
    }

    @Test(
        "a message that has no time reaches a consumer that waits, and dies otherwise",
        arguments: BrokerUnderTest.all
    )
    func noTime(broker: BrokerUnderTest) async throws {
        try await withGraveyard(broker, "classic") { bench, graveyard in
            var message = Message("a")
            message.properties.expiration = "0"
            let deliveries = try await bench.consume()
            _ = try await bench.publish(message)
            var iterator = deliveries.makeAsyncIterator()
            try await bench.channel.acknowledge(try #require(try await iterator.next()))

            try await bench.channel.cancel(deliveries)
            _ = try await bench.publish(message)

            let letter = try await next(graveyard)
            #expect(try deaths(of: letter).first?["reason"] == "expired")
        }
    }

    @Test(
        "the oldest dies where there are too many",
        arguments: BrokerUnderTest.all,
        [["x-max-length": 2], ["x-max-length-bytes": 2]] as [FieldTable]
    )
    func tooMany(broker: BrokerUnderTest, limit: FieldTable) async throws {
        try await withGraveyard(broker, "classic", limit) { bench, graveyard in
            try await bench.fill("a", "b", "c")

            let letter = try await next(graveyard)

            #expect(letter.message.text == "a")
            #expect(try deaths(of: letter).first?["reason"] == "maxlen")
            #expect(try await bench.readyCount() == 2)
        }
    }

    @Test("a message that is refused by a full queue can die, too", arguments: BrokerUnderTest.all)
    func refused(broker: BrokerUnderTest) async throws {
        let limit: FieldTable = ["x-max-length": 1, "x-overflow": "reject-publish-dlx"]
        try await withGraveyard(broker, "classic", limit) { bench, graveyard in
            try await bench.fill("a")

            #expect(try await bench.publish(Message("b")).summary == "nacked")

            let letter = try await next(graveyard)
            #expect(letter.message.text == "b")
            #expect(try deaths(of: letter).first?["reason"] == "maxlen")
        }
    }

    @Test(
        "a quorum queue counts how often it had a message back, and lets it die of that",
        arguments: BrokerUnderTest.all
    )
    func deliveryLimit(broker: BrokerUnderTest) async throws {
        try await withGraveyard(broker, "quorum", ["x-delivery-limit": 2]) { bench, graveyard in
            try await bench.fill("a")
            var iterator = try await bench.consume().makeAsyncIterator()

            for count in 0...2 {
                let delivery = try #require(try await iterator.next())
                #expect(delivery.isRedelivered == (count > 0))
                let counted = delivery.message.properties.headers?["x-delivery-count"]
                #expect(counted == (count > 0 ? .int64(Int64(count)) : nil))
                try await bench.channel.reject(delivery, requeue: true)
            }

            let letter = try await next(graveyard)
            #expect(try deaths(of: letter).first?["reason"] == "delivery_limit")
            #expect(letter.message.properties.headers?["x-delivery-count"] == nil)
        }
    }

    @Test("a message that dies again has each death on record, the latest first", arguments: BrokerUnderTest.all)
    func again(broker: BrokerUnderTest) async throws {
        try await withGraveyard(broker, "classic") { second, graveyard in
            let arguments: FieldTable = [
                "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(second.queue),
            ]
            try await Bench.with(broker, "first", arguments: arguments) { first in
                try await first.fill("a")
                try await reject(first)
                try await eventually("it is in the second") { try await second.readyCount() == 1 }
                try await reject(second)

                let letter = try await next(graveyard)

                let deaths = try deaths(of: letter)
                #expect(deaths.map { $0["queue"] } == [.string(second.queue), .string(first.queue)])
                #expect(
                    deaths.first?.entries.map(\.key) == [
                        "count", "exchange", "queue", "reason", "routing-keys", "time",
                    ]
                )
                #expect(letter.message.properties.headers?["x-first-death-queue"] == .string(first.queue))
            }
        }
    }

    @Test(
        "a rejected message may come back to where it died, and its deaths are counted",
        arguments: BrokerUnderTest.all
    )
    func circle(broker: BrokerUnderTest) async throws {
        let queue = TestBroker.uniqueName("circle")
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await channel.declare(
                QueueDeclaration(
                    name: queue,
                    isDurable: false,
                    isExclusive: true,
                    arguments: ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(queue)]
                )
            )
            _ = try await channel.publish(Message("a"), routingKey: queue, isMandatory: true)

            for count in 1...3 {
                let (delivery, _) = try #require(try await channel.get(queue))
                try await channel.reject(delivery, requeue: false)
                try await eventually("it is back") { try await channel.status(ofQueue: queue).readyCount == 1 }
                let (again, _) = try #require(try await channel.get(queue))
                #expect(try deaths(of: again).map { $0["count"] } == [.int64(Int64(count))])
                try await channel.reject(again, requeue: true)
            }
        }
    }

    @Test("a message that dies in a circle by itself is gone", arguments: BrokerUnderTest.all)
    func automaticCircle(broker: BrokerUnderTest) async throws {
        let queue = TestBroker.uniqueName("automatic-circle")
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await channel.declare(
                QueueDeclaration(
                    name: queue,
                    isDurable: false,
                    isExclusive: true,
                    arguments: [
                        "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(queue), "x-message-ttl": 20,
                    ]
                )
            )
            _ = try await channel.publish(Message("a"), routingKey: queue, isMandatory: true)

            broker.pass(.milliseconds(20))

            try await eventually("it is gone") { try await channel.status(ofQueue: queue).readyCount == 0 }
        }
    }

    @Test("without a routing key of its own a dead letter keeps its keys", arguments: BrokerUnderTest.all)
    func keepsKeys(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "graveyard") { graveyard in
            let exchange = TestBroker.uniqueName("exchange")
            try await graveyard.channel.declare(
                ExchangeDeclaration(name: exchange, kind: .fanout, isAutoDeleted: true)
            )
            try await graveyard.channel.bind(QueueBinding(queue: graveyard.queue, exchange: exchange))
            let arguments: FieldTable = ["x-dead-letter-exchange": .string(exchange)]
            try await Bench.with(broker, "dying", arguments: arguments) { bench in
                var message = Message("a")
                message.properties.headers = ["CC": .array(["nowhere"])]
                _ = try await bench.publish(message)

                try await reject(bench)
                let letter = try await next(graveyard)

                #expect(letter.exchange == exchange)
                #expect(letter.routingKey == bench.queue)
                #expect(letter.message.properties.headers?["CC"] == .array(["nowhere"]))
            }
        }
    }
}
