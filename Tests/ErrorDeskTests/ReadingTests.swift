import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

@testable import ErrorDesk

@Suite("Reading the error queue", .timeLimit(.minutes(5)))
struct ReadingTests {
    @Test("what is read is there afterwards, in its order", arguments: [0, 1, 300])
    func nothingChanges(count: Int) async throws {
        let desk = try await Desk()
        for number in 0..<count { try await desk.park("m-\(number)") }
        let before = desk.ids(on: "errors")

        for _ in 1...3 { #expect(try await desk.entries().map(\.id) == before.compactMap { $0 }) }

        try await eventually("everything is given back") { desk.broker.unacknowledgedCount(in: "errors") == 0 }
        #expect(desk.ids(on: "errors") == before)
        #expect(try await desk.entries().allSatisfy { $0.readCount == 3 })
    }

    @Test("more than one consumer has room for is read to its end", arguments: [63, 64, 65, 300])
    func severalWindows(count: Int) async throws {
        let desk = try await Desk()
        for number in 0..<count { try await desk.park("m-\(number)") }
        var ids: [String?] = []

        var reader = try await ErrorQueueReader.open("errors", over: desk.connection, window: 64)
        while let delivery = try await reader.next() { ids.append(delivery.message.properties.messageID) }
        await reader.close()

        #expect(ids == (0..<count).map { "m-\($0)" })
    }

    // What was given back once is handed out before the rest, and what is given back twice comes behind it.
    @Test("reading that is cut off keeps the order, also of what several consumers hold", arguments: [1, 10, 100, 290])
    func cutOff(after count: Int) async throws {
        let desk = try await Desk()
        for number in 0..<300 { try await desk.park("m-\(number)") }
        let before = desk.ids(on: "errors")
        _ = try await desk.entries()

        var reader = try await ErrorQueueReader.open("errors", over: desk.connection, window: 64)
        for _ in 0..<count { _ = try await reader.next() }
        desk.broker.dropConnections()
        await reader.close()

        #expect(desk.ids(on: "errors") == before)
    }

    @Test("entries that share a message id, or have none, are told apart by numbers")
    func names() async throws {
        let desk = try await Desk()
        for id in ["a", "a#2", "a", "a", nil, nil] { try await desk.park(id) }
        try await desk.park(nil, headers: ["request-id": "5f0c"])

        #expect(try await desk.entries().map(\.id) == ["a", "a#2", "a#3", "a#4", "unnamed", "unnamed#2", "5f0c"])
    }

    @Test("a second operator is told so, and sees no empty queue")
    func exclusive() async throws {
        let desk = try await Desk()
        try await desk.park("m")
        let other = try await Connection.open(desk.broker.configuration()).openChannel()
        try await other.setPrefetch(1)
        _ = try await other.consume(ConsumerDeclaration(queue: "errors", consumerTag: "other", isExclusive: true))

        let error = await #expect(throws: ErrorDeskError.self) { try await desk.entries() }

        #expect(error?.code == .inUse)
        #expect(error?.message.contains("another operator") == true)
    }

    @Test("a queue that does not exist is named")
    func missing() async throws {
        let desk = try await Desk()
        try await desk.channel.deleteQueue("errors")

        let error = await #expect(throws: ErrorDeskError.self) { try await desk.entries() }

        #expect(error?.code == .missingQueue)
        #expect(error?.message.contains("\"errors\" does not exist") == true)
    }

    @Test("a message that no worker has written is an entry too")
    func foreign() async throws {
        let desk = try await Desk()
        _ = try await desk.channel.publish(Message("not ours"), routingKey: "errors", isMandatory: true)

        let entry = try #require(try await desk.entries().first)

        #expect(entry.id == "unnamed")
        #expect(entry.errorClass == nil && entry.failedAt == nil && entry.target == nil)
        #expect(entry.bodyByteCount == 8)
    }

    @Test(
        "the limit of another declaration is read from the broker's words",
        arguments: [
            ("inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': received '1' but current is '20'", 20),
            ("inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': received '1' but current is none", nil),
            ("inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received none but current is '20'", nil),
            ("inequivalent arg 'x-delivery-limit' for queue 'q': received '1' but current is '2000000'", nil),
        ] as [(String, Int?)]
    )
    func declaredLimit(message: String, limit: Int?) {
        #expect(DeliveryLimit.limit(in: message) == limit)
    }
}
