import Foundation
import RabbitMQ
import TestSupport
import Testing

/// Messages that our own client would not publish, made with Debian's python3-pika.
@Suite("Messages from other clients", .timeLimit(.minutes(5)))
struct ForeignMessageTests {
    /// Runs Python with the broker's URI and the queue's name as arguments.
    private func publish(to queue: String, with script: String) async throws {
        let process = Process()
        // Not env's: pika belongs to Debian's own interpreter.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script, try TestBroker.uri(), queue]
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        try #require(status == 0)
    }

    /// pika's own encoder recurses, so the nested values are put together as bytes.
    private static let nested = """
        import struct, sys, pika
        depth = int("DEPTH")
        tag, key = {"array": (b"A", b""), "table": (b"F", b"\\x01k")}["KIND"]
        sizes = [len(key) + 1 + (len(key) + 5) * level for level in range(depth)]
        nested = b"".join(tag + struct.pack(">I", size) + key for size in reversed(sizes)) + b"V"
        table = b"\\x01d" + nested
        connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
        channel = connection.channel()
        properties = pika.BasicProperties()
        properties.encode = lambda: [struct.pack(">H", 1 << 13), struct.pack(">I", len(table)), table]
        channel.basic_publish("", sys.argv[2], b"nested", properties)
        connection.close()
        """

    /// What is one level further in.
    private func inner(of value: FieldValue?) -> FieldValue? {
        switch value {
        case .array(let values): values.first
        case .table(let table): table["k"]
        default: nil
        }
    }

    // librabbitmq 0.11 decodes nesting by recursion without a limit: on a small stack this ends the process, the
    // message goes back to its queue, and the next process ends the same way.
    @Test(
        "headers nested as deep as fits a frame are cut off, and the consumer lives",
        arguments: [("array", 20), ("array", 40), ("array", 26_000), ("table", 20), ("table", 40), ("table", 18_000)]
    )
    func deepHeaders(kind: String, depth: Int) async throws {
        try await Bench.with("deep-headers") { bench in
            try await publish(
                to: bench.queue,
                with: Self.nested.replacingOccurrences(of: "DEPTH", with: "\(depth)")
                    .replacingOccurrences(of: "KIND", with: kind)
            )
            var iterator = try await bench.consume().makeAsyncIterator()

            let delivery = try #require(try await iterator.next())

            #expect(delivery.message.text == "nested")
            var value = delivery.message.properties.headers?["d"]
            var levels = 0
            while let next = inner(of: value) {
                value = next
                levels += 1
            }
            #expect(value == .void)
            #expect(levels == min(depth, FieldTable.maximumDepth - 1))
            // What was read can be published again, as whoever moves a message to another queue does.
            let again = try await bench.channel.publish(
                delivery.message,
                routingKey: TestBroker.uniqueName("nowhere"),
                isMandatory: false
            )
            #expect(again.summary == "confirmed")
            try await bench.channel.acknowledge(delivery)
        }
    }

    @Test("texts that are not UTF-8 come as bytes, and go back as they came")
    func invalidText() async throws {
        try await Bench.with("invalid-text") { bench in
            try await publish(
                to: bench.queue,
                with: """
                    import struct, sys, pika
                    table = b"\\x01tS" + struct.pack(">I", 2) + b"\\xff\\xfe"
                    connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
                    properties = pika.BasicProperties()
                    properties.encode = lambda: [struct.pack(">H", 1 << 13 | 1 << 7),
                        struct.pack(">I", len(table)), table, b"\\xff" + b"\\xfe" * 255]
                    connection.channel().basic_publish("", sys.argv[2], b"text", properties)
                    connection.close()
                    """
            )
            var iterator = try await bench.consume().makeAsyncIterator()

            let delivery = try #require(try await iterator.next())
            let properties = delivery.message.properties
            #expect(properties.headers?["t"] == .octets([0xFF, 0xFE]))
            #expect(properties.messageID?.utf8.count ?? 256 <= 255)

            #expect(try await bench.publish(delivery.message).summary == "confirmed")
            try await bench.channel.acknowledge(delivery)
            let again = try #require(try await iterator.next())
            #expect(again.message == delivery.message)
        }
    }
}
