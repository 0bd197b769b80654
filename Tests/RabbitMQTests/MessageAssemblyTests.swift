import Testing

@testable import RabbitMQ

@Suite("Frames are put together to messages")
struct MessageAssemblyTests {
    private let start = MessageAssembly.Start.deliver(
        .init(consumerTag: "c", deliveryTag: 1, isRedelivered: false, exchange: "", routingKey: "q")
    )

    private var properties: MessageProperties {
        var properties = MessageProperties()
        properties.messageID = "m"
        return properties
    }

    private func expectViolation(
        _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) {
        let error = #expect(throws: RabbitMQError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.code == .protocolViolation, sourceLocation: sourceLocation)
        #expect(error?.message == message, sourceLocation: sourceLocation)
    }

    @Test("an empty body is whole with its header, for no body frame comes")
    func emptyBody() throws {
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)

        let complete = try assembly.header(bodySize: 0, properties)

        #expect(complete == .init(start: start, properties: properties, body: [], bodyByteCount: 0))
        try assembly.begin(start)
    }

    @Test("a body in one frame is whole with that frame")
    func oneFrame() throws {
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)

        #expect(try assembly.header(bodySize: 3, properties) == nil)
        #expect(
            try assembly.body([1, 2, 3])
                == .init(start: start, properties: properties, body: [1, 2, 3], bodyByteCount: 3)
        )
    }

    @Test("a body in many frames is whole with the last, in order")
    func manyFrames() throws {
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)

        #expect(try assembly.header(bodySize: 6, properties) == nil)
        #expect(try assembly.body([1, 2]) == nil)
        #expect(try assembly.body([]) == nil)
        #expect(try assembly.body([3]) == nil)
        #expect(try assembly.body([4, 5, 6])?.body == [1, 2, 3, 4, 5, 6])
    }

    @Test("a returned message is put together like a delivered one, and keeps why it came back")
    func returned() throws {
        let start = MessageAssembly.Start.returned(
            .init(reason: ReturnReason(code: 312, text: "NO_ROUTE"), exchange: "", routingKey: "q")
        )
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)

        #expect(try assembly.header(bodySize: 1, properties) == nil)
        #expect(try assembly.body([9]) == .init(start: start, properties: properties, body: [9], bodyByteCount: 1))
    }

    @Test("a second message begins clean after the first")
    func twoMessages() throws {
        var assembly = MessageAssembly(bodyLimit: 100)
        for byte: UInt8 in [1, 2] {
            try assembly.begin(start)
            #expect(try assembly.header(bodySize: 2, properties) == nil)
            #expect(try assembly.body([byte]) == nil)
            #expect(try assembly.body([byte])?.body == [byte, byte])
        }
    }

    @Test("a body of exactly the limit is kept, and of one byte more only the size, and the next message is whole")
    func bodyLimit() throws {
        var assembly = MessageAssembly(bodyLimit: 4)
        try assembly.begin(start)
        #expect(try assembly.header(bodySize: 4, properties) == nil)
        #expect(try assembly.body([1, 2, 3, 4])?.body.count == 4)

        try assembly.begin(start)
        #expect(try assembly.header(bodySize: 5, properties) == nil)
        #expect(try assembly.body([1, 2, 3]) == nil)
        let large = try assembly.body([4, 5])
        #expect(large == .init(start: start, properties: properties, body: [], bodyByteCount: 5))

        try assembly.begin(start)
        #expect(try assembly.header(bodySize: 1, properties) == nil)
        #expect(try assembly.body([7])?.body == [7])
    }

    @Test("more of a body that is not kept than its header announced is a violation")
    func tooMuchOfALargeBody() throws {
        var assembly = MessageAssembly(bodyLimit: 1)
        try assembly.begin(start)
        #expect(try assembly.header(bodySize: 2, properties) == nil)

        expectViolation("more body than its header announced") {
            _ = try assembly.body([1, 2, 3])
        }
    }

    @Test("a body size beyond what an Int holds is announced, not a crash")
    func hugeBody() throws {
        var assembly = MessageAssembly(bodyLimit: .max)
        try assembly.begin(start)

        #expect(try assembly.header(bodySize: .max, properties) == nil)
        #expect(try assembly.body([1]) == nil)
    }

    @Test("a header without its method is a violation")
    func headerAlone() {
        var assembly = MessageAssembly(bodyLimit: 100)

        expectViolation("a content header without its method") {
            _ = try assembly.header(bodySize: 1, properties)
        }
    }

    @Test("a body without its header is a violation, with or without a method before it")
    func bodyAlone() throws {
        var assembly = MessageAssembly(bodyLimit: 100)
        let violation = "a body frame without its header"

        expectViolation(violation) { _ = try assembly.body([1]) }
        try assembly.begin(start)
        expectViolation(violation) { _ = try assembly.body([1]) }
    }

    @Test("more body than the header announced is a violation, in the first frame or a later one")
    func bodyOverAnnounced() throws {
        let violation = "more body than its header announced"
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)
        #expect(try assembly.header(bodySize: 2, properties) == nil)
        expectViolation(violation) { _ = try assembly.body([1, 2, 3]) }

        var second = MessageAssembly(bodyLimit: 100)
        try second.begin(start)
        #expect(try second.header(bodySize: 2, properties) == nil)
        #expect(try second.body([1]) == nil)
        expectViolation(violation) { _ = try second.body([2, 3]) }
    }

    @Test("a message that begins inside another is a violation, before or after the other's header")
    func beginInside() throws {
        let violation = "a message began inside another"
        var assembly = MessageAssembly(bodyLimit: 100)
        try assembly.begin(start)
        expectViolation(violation) { try assembly.begin(start) }
        #expect(try assembly.header(bodySize: 2, properties) == nil)
        expectViolation(violation) { try assembly.begin(start) }
    }
}
