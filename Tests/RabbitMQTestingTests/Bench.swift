import RabbitMQ
import RabbitMQTesting

/// A broker of its own, a connection to it whose events are kept, and a channel in confirm mode.
struct Bench: Sendable {
    let broker = InMemoryBroker()
    let connection: Connection
    let channel: Channel
    /// What happens to the connection, after it was opened; for one reader.
    let events: AsyncStream<ConnectionEvent>

    init(prefetch: UInt16 = 10) async throws {
        let (events, happened) = AsyncStream<ConnectionEvent>.makeStream()
        connection = try await Connection.open(broker.configuration()) { event in
            if case .connected = event { return }
            happened.yield(event)
        }
        self.events = events
        channel = try await connection.openChannel()
        try await channel.enableConfirms()
        try await channel.setPrefetch(prefetch)
    }

    /// Publishes a persistent text to a queue, and says what became of it.
    func publish(_ text: String, to queue: String, _ change: (inout Message) -> Void = { _ in }) async throws
        -> String
    {
        var message = Message(body: Array(text.utf8))
        message.properties.deliveryMode = .persistent
        change(&message)
        switch try await channel.publish(message, routingKey: queue, isMandatory: true) {
        case .confirmed: return "confirmed"
        case .returned(let reason): return "returned \(reason.code)"
        case .nacked: return "nacked"
        case .inDoubt(let error): return "in doubt: \(error.code)"
        }
    }

    /// The texts that are ready in a queue.
    func texts(in queue: String) -> [String] {
        broker.messages(in: queue).map(\.text)
    }
}

extension Message {
    var text: String { String(decoding: body, as: UTF8.self) }
}
