import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Encrypted connections", .timeLimit(.minutes(1)))
struct TLSTests {
    @Test("messages of any size pass an encrypted connection intact", arguments: [0, 1, 16_384, 131_064, 1 << 20])
    func roundTrip(byteCount: Int) async throws {
        let configuration = try ConnectionConfiguration(uri: try TestBroker.encryptedURI())
        try await withConnection(configuration) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await channel.setPrefetch(10)
            let queue = QueueDeclaration(name: "", isDurable: false, isExclusive: true)
            let name = try await channel.declare(queue).name
            var deliveries = try await channel.consume(name, consumerTag: "c").makeAsyncIterator()
            let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }

            for _ in 1...3 {
                let outcome = try await channel.publish(Message(body: body), routingKey: name, isMandatory: true)
                #expect(outcome.summary == "confirmed")
                let delivery = try #require(try await deliveries.next())
                #expect(delivery.message.body == body)
                try await channel.acknowledge(delivery)
            }
        }
    }

    static let refusals: [(uri: @Sendable () throws -> String, text: String)] = [
        ({ try TestBroker.encryptedURI(authority: "stranger") }, "not trusted"),
        // The certificate is for the name localhost alone.
        ({ try TestBroker.encryptedURI(host: "127.0.0.1") }, "another name"),
        ({ try TestBroker.encryptedURI(authority: "missing") }, "missing.pem can't be read"),
        ({ try TestBroker.encryptedURI() + "&certfile=/dev/null&keyfile=/dev/null" }, "/dev/null"),
        (
            { try TestBroker.uri().replacing("amqp://", with: "amqps://").replacing("127.0.0.1", with: "localhost") },
            "handshake"
        ),
    ]

    @Test("a broker that can't be trusted is refused, with the reason and the mend", arguments: refusals.indices)
    func refused(index: Int) async throws {
        let configuration = try ConnectionConfiguration(uri: try Self.refusals[index].uri())

        let error = await #expect(throws: RabbitMQError.self) { _ = try await Connection.open(configuration) }

        #expect(error?.code == .tlsFailed)
        #expect(error?.message.contains(Self.refusals[index].text) == true, "\(error?.message ?? "")")
        #expect(error?.isRetryable == false)
    }

    @Test("a plain connection to the encrypted port fails, and says so in time")
    func plainToEncrypted() async throws {
        let uri = try TestBroker.encryptedURI().replacing("amqps://", with: "amqp://").prefix { $0 != "?" }
        let configuration = try ConnectionConfiguration(uri: String(uri))

        await #expect(throws: RabbitMQError.self) { _ = try await Connection.open(configuration) }
    }
}
