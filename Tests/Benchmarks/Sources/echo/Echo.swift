import Glibc
import RabbitMQ

/// Answers requests as an application would: a task per delivery, bounded by the prefetch, that publishes the reply,
/// waits for its confirm and acknowledges. `c/echo.c` does the same work, and takes the same arguments.
@main
struct Echo {
    private let requests: String
    private let replies: String
    private let count: Int
    private let prefetch: UInt16
    private let configuration: ConnectionConfiguration

    static func main() async {
        do {
            let figures = try await Echo(CommandLine.arguments.dropFirst()).run()
            print(figures)
        } catch {
            // Not `stderr`, a C variable that Swift 6 does not let anybody share.
            _ = "echo: \(error)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
            exit(1)
        }
    }

    private init(_ arguments: some Collection<String>) throws {
        let arguments = Array(arguments)
        guard arguments.count == 6 || arguments.count == 9, arguments[0] == "run",
            let count = Int(arguments[4]), let prefetch = UInt16(arguments[5])
        else { throw Failure(description: "usage: echo run URL REQUESTS REPLIES COUNT PREFETCH [CA CERT KEY]") }
        (requests, replies) = (arguments[2], arguments[3])
        (self.count, self.prefetch) = (count, prefetch)
        var configuration = try ConnectionConfiguration(uri: arguments[1], connectionName: "benchmark")
        if arguments.count == 9 {
            configuration.tls = TLSConfiguration(
                authoritiesFile: arguments[6],
                clientCertificate: .init(certificateFile: arguments[7], keyFile: arguments[8])
            )
        }
        self.configuration = configuration
    }

    /// One connection, as the C program has: no alarm is expected here.
    private func run() async throws -> Figures {
        let connection = try await Connection.open(configuration)
        let publishing = try await connection.openChannel()
        try await publishing.enableConfirms()
        let consuming = try await connection.openChannel()
        try await consuming.setPrefetch(prefetch)
        let deliveries = try await consuming.consume(requests, consumerTag: "echo")

        // On the connection's own thread: the work between its calls is small.
        let first = try await withTaskExecutorPreference(connection.executor) {
            try await answerAll(deliveries, over: publishing, consuming)
        }
        let figures = Figures(messages: count, from: first, to: Sample())
        // A quorum queue forgets acknowledgements that come right before the channel's end (rabbitmq-server issue
        // 10327); it answers a cancel when it has them all.
        try await consuming.cancel(deliveries)
        await connection.close()
        return figures
    }

    /// Returns the moment of the first delivery.
    private func answerAll(
        _ deliveries: Deliveries,
        over publishing: Channel,
        _ consuming: Channel
    ) async throws -> Sample {
        var first: Sample?
        try await withThrowingDiscardingTaskGroup { group in
            var received = 0
            for try await delivery in deliveries {
                if first == nil { first = Sample() }
                // The group holds no more tasks than the prefetch: each ends with its acknowledgement.
                group.addTask { try await answer(delivery, over: publishing, consuming) }
                received += 1
                if received == count { break }
            }
            guard received == count else { throw Failure(description: "only \(received) deliveries came") }
        }
        guard let first else { throw Failure(description: "no delivery came") }
        return first
    }

    private func answer(_ delivery: Delivery, over publishing: Channel, _ consuming: Channel) async throws {
        var properties = MessageProperties()
        properties.contentType = delivery.message.properties.contentType
        properties.deliveryMode = .persistent
        properties.correlationID = delivery.message.properties.correlationID
        properties.messageID = delivery.message.properties.messageID
        let reply = Message(properties: properties, body: delivery.message.body)
        let outcome = try await publishing.publish(reply, routingKey: replies, isMandatory: true)
        guard case .confirmed = outcome else { throw Failure(description: "a reply was not confirmed: \(outcome)") }
        try await consuming.acknowledge(delivery)
    }
}

/// Why the program can't go on; nothing is repeated or mended here.
struct Failure: Error, CustomStringConvertible {
    let description: String
}
