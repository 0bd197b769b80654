import RabbitMQ
import TestSupport
import Testing

@Suite("Properties and headers come through unchanged", .timeLimit(.minutes(5)))
struct PropertiesTests {
    private func roundTrip(_ properties: MessageProperties, over broker: BrokerUnderTest) async throws
        -> MessageProperties
    {
        var received: MessageProperties?
        try await Bench.with(broker, "properties") { bench in
            var iterator = try await bench.consume().makeAsyncIterator()
            _ = try await bench.publish(Message(properties: properties, body: [1]))
            let delivery = try #require(try await iterator.next())
            try await bench.channel.acknowledge(delivery)
            received = delivery.message.properties
        }
        return try #require(received)
    }

    @Test("all properties", arguments: BrokerUnderTest.all)
    func allProperties(broker: BrokerUnderTest) async throws {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.contentEncoding = "gzip"
        properties.headers = ["a": 1]
        properties.deliveryMode = .persistent
        properties.priority = 9
        properties.correlationID = "größe-🔑"
        properties.replyTo = "amq.rabbitmq.reply-to.x"
        properties.expiration = "60000"
        properties.messageID = String(repeating: "m", count: 255)
        properties.timestamp = 1_766_000_000
        properties.type = "t"
        properties.userID = "guest"
        properties.appID = ""

        #expect(try await roundTrip(properties, over: broker) == properties)
    }

    @Test("no properties, and empty headers as such", arguments: BrokerUnderTest.all)
    func noProperties(broker: BrokerUnderTest) async throws {
        var empty = MessageProperties()
        empty.headers = [:]

        #expect(try await roundTrip(MessageProperties(), over: broker) == MessageProperties())
        #expect(try await roundTrip(empty, over: broker) == empty)
    }

    @Test("each property alone, so that none hides behind another", arguments: BrokerUnderTest.all)
    func eachAlone(broker: BrokerUnderTest) async throws {
        let setters: [(inout MessageProperties) -> Void] = [
            { $0.contentType = "x" }, { $0.contentEncoding = "x" }, { $0.deliveryMode = .transient },
            { $0.priority = 0 }, { $0.correlationID = "x" }, { $0.replyTo = "x" }, { $0.expiration = "99999" },
            { $0.messageID = "x" }, { $0.timestamp = 0 }, { $0.type = "x" }, { $0.userID = "guest" },
            { $0.appID = "x" },
        ]
        for set in setters {
            var properties = MessageProperties()
            set(&properties)
            #expect(try await roundTrip(properties, over: broker) == properties)
        }
    }

    @Test(
        "headers of every kind, nested ones too, in their order and with repeated and empty keys",
        arguments: BrokerUnderTest.all
    )
    func allKinds(broker: BrokerUnderTest) async throws {
        let kinds: FieldTable = [
            "z": .bool(true), "bool": .bool(false), "int8": .int8(.min), "uint8": .uint8(.max), "int16": .int16(.min),
            "uint16": .uint16(.max), "int32": .int32(.min), "uint32": .uint32(.max), "int64": .int64(.min),
            "uint64": .uint64(.max), "float": .float(1.5), "double": .double(-0.1),
            "decimal": .decimal(scale: 2, value: 314),
            "string": "grün 🔑", "empty string": "", "octets": .octets([0xFF, 0, 0xFE]), "bytes": .bytes([0, 1, 255]),
            "timestamp": .timestamp(1_766_000_000), "void": .void, "table": .table(["inner": .table(["deep": .void])]),
            "empty table": .table([:]), "array": .array([1, "two", .array([]), .table(["k": .array([.void])])]),
            "z": "again", "": "without a name",
        ]
        var properties = MessageProperties()
        properties.headers = kinds

        let received = try #require(try await roundTrip(properties, over: broker).headers)

        #expect(received.entries.map(\.key) == kinds.entries.map(\.key))
        for (entry, expected) in zip(received.entries, kinds.entries) { #expect(entry == expected) }
    }

    @Test("headers that fill a frame, and nest as deep as is allowed", arguments: BrokerUnderTest.all)
    func fullFrame(broker: BrokerUnderTest) async throws {
        var large = MessageProperties()
        // As much as the limits let through: 131064 bytes, less the fixed part and the key.
        large.headers = ["k": .string(String(repeating: "a", count: 131_064 - 24 - 4 - 2 - 5))]
        var deep = MessageProperties()
        deep.headers = (1..<FieldTable.maximumDepth).reduce(into: ["leaf": 1]) { table, _ in
            table = FieldTable([.init("t", .table(table))])
        }

        let isSame = try await roundTrip(large, over: broker) == large
        #expect(isSame)
        #expect(try await roundTrip(deep, over: broker) == deep)
    }

    @Test(
        "what does not fit is refused before anything is sent, and the channel works afterwards",
        arguments: BrokerUnderTest.all
    )
    func refused(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "refused") { bench async throws in
            let tooLong = String(repeating: "a", count: 256)
            let setters: [(inout MessageProperties) -> Void] = [
                { $0.messageID = tooLong }, { $0.replyTo = tooLong }, { $0.contentType = tooLong },
                { $0.headers = FieldTable([.init(tooLong, 1)]) },
                { $0.headers = ["k": .string(String(repeating: "a", count: 131_072))] },
                { $0.headers = ["k": (1...40).reduce(.void) { value, _ in .array([value]) }] },
            ]
            for set in setters {
                var message = Message("a")
                set(&message.properties)
                let error = await #expect(throws: RabbitMQError.self) { _ = try await bench.publish(message) }
                #expect(error?.code == .invalidArgument)
            }
            for (exchange, routingKey) in [(tooLong, "q"), ("", tooLong)] {
                let error = await #expect(throws: RabbitMQError.self) {
                    _ = try await bench.channel.publish(
                        Message("a"),
                        exchange: exchange,
                        routingKey: routingKey,
                        isMandatory: false
                    )
                }
                #expect(error?.code == .invalidArgument)
            }

            #expect(try await bench.publish(Message("b")).summary == "confirmed")
            #expect(try await bench.readyCount() == 1)
        }
    }
}
