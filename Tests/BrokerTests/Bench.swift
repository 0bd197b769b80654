import RabbitMQ
import TestSupport

/// A connection of its own, a channel in confirm mode on it, and a queue nobody else knows.
struct Bench: Sendable {
    let broker: BrokerUnderTest
    let connection: Connection
    let channel: Channel
    let queue: String

    static func configuration(_ change: (inout ConnectionConfiguration) -> Void = { _ in }) throws
        -> ConnectionConfiguration
    {
        var configuration = try ConnectionConfiguration(uri: TestBroker.uri(), connectionName: "broker-tests")
        change(&configuration)
        return configuration
    }

    /// A bench on the RabbitMQ node.
    static func with(
        _ name: String,
        prefetch: UInt16 = 10,
        arguments: FieldTable = [:],
        configuration: ConnectionConfiguration? = nil,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await with(
            .realNode,
            name,
            prefetch: prefetch,
            arguments: arguments,
            configuration: configuration,
            body
        )
    }

    static func with(
        _ broker: BrokerUnderTest,
        _ name: String,
        prefetch: UInt16 = 10,
        arguments: FieldTable = [:],
        configuration: ConnectionConfiguration? = nil,
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in },
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await withConnection(configuration ?? broker.configuration(), onEvent: onEvent) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await channel.setPrefetch(prefetch)
            let queue = TestBroker.uniqueName(name)
            _ = try await channel.declare(QueueDeclaration(name: queue, arguments: arguments))
            do {
                try await body(Bench(broker: broker, connection: connection, channel: channel, queue: queue))
            } catch {
                try? await delete(queue, of: broker)
                throw error
            }
            try await delete(queue, of: broker)
        }
    }

    /// Over another connection: the test may have ended the bench's own.
    private static func delete(_ queue: String, of broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { (connection) -> Void in
            _ = try await connection.openChannel().deleteQueue(queue)
        }
    }

    /// Publishes to the bench's queue.
    func publish(_ message: Message) async throws -> PublishOutcome {
        try await channel.publish(message, routingKey: queue, isMandatory: true)
    }

    /// Publishes texts to the bench's queue, one after the other; throws unless each is confirmed.
    func fill(_ texts: String...) async throws {
        for text in texts {
            let outcome = try await publish(Message(text))
            guard case .confirmed = outcome else {
                throw NeverHappened(description: "\"\(text)\" was \(outcome.summary)")
            }
        }
    }

    func consume(_ mode: ConsumeMode = .manualAcknowledgement) async throws -> Deliveries {
        try await channel.consume(queue, consumerTag: "bench", mode: mode)
    }

    /// How many messages the queue has ready, asked over a channel that no test closes.
    func readyCount() async throws -> Int {
        let channel = try await connection.openChannel()
        let status = try await channel.status(ofQueue: queue)
        await channel.close()
        return status.readyCount
    }
}

/// Opens a connection to the tests' node and closes it in the end, whatever happens.
func withConnection<Result>(_ body: (Connection) async throws -> Result) async throws -> Result {
    try await withConnection(Bench.configuration(), body)
}

/// Opens a connection to this broker and closes it in the end, whatever happens.
func withConnection<Result>(
    _ broker: BrokerUnderTest,
    _ body: (Connection) async throws -> Result
) async throws -> Result {
    try await withConnection(broker.configuration(), body)
}
