internal import FoundationEssentials
package import RabbitMQ

/// Finds out whether a quorum queue would drop what is read and given back.
///
/// Each message that is given back counts, and beyond the delivery limit the broker drops it. The limit is an argument of
/// the queue, or that of a policy where it is lower; AMQP shows neither. The argument is told by declaring the queue
/// once more: another value is refused, with the one that is there. A policy meant for the request queue whose pattern
/// matches too much is told by a queue of a like name that lives for a moment, whose message is given back more often
/// than any sensible limit. A policy whose pattern matches the error queue alone goes unnoticed.
package struct DeliveryLimit: Sendable {
    /// The error queue, as the topology has it.
    package let queue: QueueDeclaration

    /// What was found out.
    package enum Finding: Sendable, Hashable {
        /// Nothing speaks against reading.
        case none
        /// Reading would use messages up; how that is known.
        case low(String)
        /// It could not be found out, and why.
        case unknown(String)
    }

    /// More than any limit that is meant to stop poisonous messages: the request queue's own is 50.
    static let returns = 64
    private static let argument = "x-delivery-limit"
    /// A message that is given back and not dropped comes again within milliseconds, on an idle machine.
    private static let silence = Duration.seconds(2)
    private static let end = "end"

    /// For this queue.
    package init(of queue: QueueDeclaration) {
        self.queue = queue
    }

    /// Asks the broker.
    ///
    /// - Throws: ``ErrorDeskError``: `missingQueue`, or `broker` where the connection is lost.
    package func find(over connection: Connection) async throws(ErrorDeskError) -> Finding {
        do throws(RabbitMQError) {
            let argument = try await findArgument(over: connection)
            guard argument == .none else { return argument }
            return try await findPolicy(over: connection)
        } catch {
            // Without permission to declare it can't be found out, and the queue can be read all the same.
            guard error.code == .channelClosed, error.replyCode == 403 else {
                throw ErrorDeskError(error, at: queue.name)
            }
            return .unknown(error.message)
        }
    }

    // MARK: - The argument

    private func findArgument(over connection: Connection) async throws(RabbitMQError) -> Finding {
        let channel = try await connection.openChannel()
        // Before it is declared, which would create it.
        _ = try await channel.status(ofQueue: queue.name)
        do throws(RabbitMQError) {
            try await channel.declare(queue)
        } catch {
            // Other differences than this are none of ours.
            guard error.replyCode == 406 else { throw error }
            return Self.limit(in: error.message).map { .low("its argument \(Self.argument) is \($0)") } ?? .none
        }
        await channel.close()
        return .none
    }

    /// Reads "inequivalent arg 'x-delivery-limit' for queue …: received '…' but current is '20'".
    static func limit(in message: String) -> Int? {
        let form = /'x-delivery-limit'.*current is '(\d+)'/
        guard let match = message.firstMatch(of: form), let limit = Int(match.1) else { return nil }
        return limit < 1_000_000 ? limit : nil
    }

    // MARK: - The policy

    private func findPolicy(over connection: Connection) async throws(RabbitMQError) -> Finding {
        var probe = queue
        // What a pattern for a family of names matches, it matches here too.
        probe.name = "\(queue.name.prefix(200)).probe-\(UUID().uuidString.lowercased().prefix(8))"
        // Should we be killed.
        probe.arguments["x-expires"] = .int64(60_000)
        let channel = try await connection.openChannel()
        try await channel.declare(probe)
        let count: Int
        do throws(RabbitMQError) {
            count = try await Self.countReturns(at: probe.name, on: channel)
        } catch {
            await Self.remove(probe.name, over: connection)
            throw error
        }
        await channel.close()
        await Self.remove(probe.name, over: connection)
        guard count < Self.returns else { return .none }
        return .low("a policy makes the broker drop messages that were given back \(count) times")
    }

    /// How often one message can be given back, up to ``returns``.
    private static func countReturns(at queue: String, on channel: Channel) async throws(RabbitMQError) -> Int {
        try await channel.enableConfirms()
        try await channel.setPrefetch(1)
        try await publish("probe", to: queue, on: channel)
        let deliveries = try await channel.consume(queue, consumerTag: "probe")
        var count = 0
        var isEndSent = false
        while true {
            switch try await deliveries.next(within: silence) {
            case .delivery(let delivery):
                if count == returns || delivery.message.properties.messageID == end { return count }
                try await channel.reject(delivery, requeue: true)
                count += 1
            case .silence:
                // A slow broker keeps silent too. What is given back comes before what is new, where it still exists.
                if !isEndSent { try await publish(end, to: queue, on: channel) }
                isEndSent = true
            case .end: throw RabbitMQError(.consumerCancelled, "the broker ended the look at queue \"\(queue)\"")
            }
        }
    }

    private static func publish(_ id: String, to queue: String, on channel: Channel) async throws(RabbitMQError) {
        var message = Message(body: [])
        message.properties.messageID = id
        guard case .confirmed = try await channel.publish(message, routingKey: queue, isMandatory: true) else {
            throw RabbitMQError(.protocolViolation, "queue \"\(queue)\" takes no message")
        }
    }

    /// It goes by itself after a while where this fails.
    private static func remove(_ queue: String, over connection: Connection) async {
        guard let channel = try? await connection.openChannel() else { return }
        _ = try? await channel.deleteQueue(queue)
        await channel.close()
    }
}
