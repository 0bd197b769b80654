import Testing

@testable import RabbitMQ

@Suite("What does not fit on the wire is refused before anything is sent")
struct CommandLimitsTests {
    private static let frameByteCount = 4096

    private func error(
        exchange: String = "",
        routingKey: String = "q",
        _ set: (inout MessageProperties) -> Void = { _ in }
    ) -> RabbitMQError? {
        var message = Message(body: [1])
        set(&message.properties)
        let outgoing = OutgoingMessage(message: message, exchange: exchange, routingKey: routingKey, isMandatory: true)
        do {
            _ = try outgoing.checkLimits(frameByteCount: Self.frameByteCount)
            return nil
        } catch {
            return error
        }
    }

    private static let properties: [(String, @Sendable (inout MessageProperties, String) -> Void)] = [
        ("content-type", { $0.contentType = $1 }), ("content-encoding", { $0.contentEncoding = $1 }),
        ("correlation-id", { $0.correlationID = $1 }), ("reply-to", { $0.replyTo = $1 }),
        ("expiration", { $0.expiration = $1 }), ("message-id", { $0.messageID = $1 }), ("type", { $0.type = $1 }),
        ("user-id", { $0.userID = $1 }), ("app-id", { $0.appID = $1 }),
    ]

    @Test("every short property takes 255 bytes and not 256", arguments: Self.properties.indices)
    func shortProperties(index: Int) throws {
        let (name, set) = Self.properties[index]

        #expect(error { set(&$0, String(repeating: "a", count: 255)) } == nil)
        let refused = try #require(error { set(&$0, String(repeating: "a", count: 256)) })
        #expect(refused.code == .invalidArgument)
        #expect(refused.message == "the \(name) has 256 bytes, and AMQP allows 255")
    }

    @Test("bytes are counted, not characters")
    func multiByteCharacters() {
        #expect(error { $0.messageID = String(repeating: "é", count: 127) + "a" } == nil)
        #expect(error { $0.messageID = String(repeating: "é", count: 128) }?.code == .invalidArgument)
        #expect(error { $0.messageID = String(repeating: "🔑", count: 63) + "abc" } == nil)
        #expect(error { $0.messageID = String(repeating: "🔑", count: 64) }?.code == .invalidArgument)
    }

    @Test("exchange and routing key take 255 bytes and not 256")
    func names() {
        let (longest, tooLong) = (String(repeating: "a", count: 255), String(repeating: "a", count: 256))

        #expect(error(exchange: longest, routingKey: longest) == nil)
        #expect(error(exchange: tooLong)?.message == "the exchange name has 256 bytes, and AMQP allows 255")
        #expect(error(routingKey: tooLong)?.message == "the routing key has 256 bytes, and AMQP allows 255")
    }

    @Test("a header's name takes 255 bytes and not 256, at every level")
    func headerKeys() {
        let (longest, tooLong) = (String(repeating: "é", count: 127) + "a", String(repeating: "é", count: 128))

        #expect(error { $0.headers = FieldTable([.init(longest, 1)]) } == nil)
        for headers in [
            FieldTable([.init(tooLong, 1)]),
            ["outer": .table(FieldTable([.init(tooLong, 1)]))],
            ["outer": .array([1, .table(FieldTable([.init(tooLong, 1)]))])],
        ] as [FieldTable] {
            #expect(error { $0.headers = headers }?.message == "a header's name has 256 bytes, and AMQP allows 255")
        }
    }

    @Test("properties fill one frame and not a byte more")
    func frameSize() throws {
        // 24 fixed bytes, 4 for the table, 2 for the key "k", 5 for the value's kind and length.
        let room = Self.frameByteCount - 8 - (24 + 4 + 2 + 5)

        #expect(error { $0.headers = ["k": .string(String(repeating: "a", count: room))] } == nil)
        let refused = try #require(error { $0.headers = ["k": .string(String(repeating: "a", count: room + 1))] })
        #expect(refused.code == .invalidArgument)
        #expect(refused.message.contains("4089 bytes, and at most 4088"))
        #expect(error { $0.headers = ["k": .bytes([UInt8](repeating: 0, count: room + 1))] } != nil)
        #expect(error { $0.headers = ["k": .octets([UInt8](repeating: 0xFF, count: room + 1))] } != nil)
    }

    @Test("short properties count into the frame together with the headers")
    func frameSizeTogether() {
        let headers: FieldTable = ["k": .string(String(repeating: "a", count: 4000))]

        #expect(error { $0.headers = headers } == nil)
        #expect(
            error {
                $0.headers = headers
                $0.messageID = String(repeating: "m", count: 100)
            }?.code == .invalidArgument
        )
    }

    @Test(
        "every kind of value counts as many bytes as it takes on the wire",
        arguments: [
            (.void, 1), (true, 2), (.int8(1), 2), (.uint8(1), 2), (.int16(1), 3), (.uint16(1), 3), (.int32(1), 5),
            (.uint32(1), 5), (.float(1), 5), (.int64(1), 9), (.uint64(1), 9), (.double(1), 9), (.timestamp(1), 9),
            (.decimal(scale: 1, value: 1), 6), ("abc", 8), (.octets([1]), 6), (.bytes([1, 2]), 7),
            (.table([:]), 5), (.table(["a": 1]), 16), (.array([]), 5), (.array([1, 2]), 23),
        ] as [(FieldValue, Int)]
    )
    func valueSizes(value: FieldValue, byteCount: Int) {
        // A filler beside the value: together they fit exactly, and with one byte more they do not.
        let room = Self.frameByteCount - 8 - (24 + 4 + 2 + byteCount) - (2 + 5)
        func headers(_ filler: Int) -> FieldTable {
            ["v": value, "f": .string(String(repeating: "a", count: filler))]
        }

        #expect(error { $0.headers = headers(room) } == nil)
        #expect(error { $0.headers = headers(room + 1) }?.code == .invalidArgument)
    }

    @Test("tables and arrays nest 32 levels deep, the headers counted, and no deeper")
    func nesting() {
        func tables(_ depth: Int) -> FieldTable {
            (1..<depth).reduce(into: FieldTable()) { table, _ in table = FieldTable([.init("t", .table(table))]) }
        }
        func arrays(_ depth: Int) -> FieldTable {
            ["a": (1..<depth).reduce(into: FieldValue.int8(1)) { value, _ in value = .array([value]) }]
        }

        #expect(error { $0.headers = tables(32) } == nil)
        #expect(error { $0.headers = tables(33) }?.message == "a table nests deeper than 32 levels")
        #expect(error { $0.headers = arrays(32) } == nil)
        #expect(error { $0.headers = arrays(33) }?.message == "an array nests deeper than 32 levels")
        #expect(error { $0.headers = arrays(10_000) }?.code == .invalidArgument)
    }

    @Test("a queue's name and arguments are limited too")
    func queueDeclaration() {
        func error(_ queue: QueueDeclaration) -> RabbitMQError? {
            do {
                try Command.queueDeclare(queue, isPassive: false).checkLimits(frameByteCount: Self.frameByteCount)
                return nil
            } catch {
                return error
            }
        }

        #expect(error(QueueDeclaration(name: String(repeating: "q", count: 255))) == nil)
        #expect(
            error(QueueDeclaration(name: String(repeating: "q", count: 256)))?.message
                == "the queue name has 256 bytes, and AMQP allows 255"
        )
        let key = String(repeating: "k", count: 256)
        #expect(error(QueueDeclaration(name: "q", arguments: FieldTable([.init(key, 1)])))?.code == .invalidArgument)
        let huge = FieldValue.string(String(repeating: "a", count: 131_072))
        #expect(error(QueueDeclaration(name: "q", arguments: ["x": huge]))?.code == .invalidArgument)
    }
}
