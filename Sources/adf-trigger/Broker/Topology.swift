internal import RabbitMQ

/// Whether the worker creates its queues.
enum TopologyMode: String, CaseIterable, Sendable {
    /// Creates what is missing, and checks what exists.
    case declare
    /// Checks that they exist.
    case passive
    /// Leaves them alone.
    case none
}

/// The queues, by name and arguments.
///
/// Arguments can't be changed once a queue exists, so these are the house's for good. Every queue that dead-letters
/// does it at least once *and* refuses publishes when full: RabbitMQ 3.10 falls back to at-most-once without the
/// second, with a line in its log.
struct Topology: Sendable {
    var requests = "adf.trigger.requests"
    var replies = "adf.trigger.replies"
    var errors = "adf.trigger.errors"
    var dead = "adf.trigger.dead"
    var undeliverable = "adf.trigger.replies.undeliverable"
    /// The delay queues are this name, a dot and the seconds.
    var delay = "adf.trigger.delay"
    var delaySeconds = [5, 30, 120, 600]
    /// Requests that may wait; publishers are refused beyond.
    var maximumLength = 200_000
    /// How often a request may be handed out before the broker gives up on it.
    var deliveryLimit = 50

    /// Reading a queue returns what is read, and each return counts: a low limit would eat what an operator looks at.
    private static let noDeliveryLimit: Int64 = 1_000_000_000
    /// Replies nobody fetches are dropped after 14 days.
    private static let replyLifetimeMilliseconds: Int64 = 14 * 24 * 3600 * 1000

    /// The house's own names.
    init() {}

    /// Takes the configured names.
    init(_ reader: inout SettingsReader) {
        requests = reader.text(.queueRequests) ?? requests
        replies = reader.text(.queueReplies) ?? replies
        errors = reader.text(.queueErrors) ?? errors
        dead = reader.text(.queueDead) ?? dead
        undeliverable = reader.text(.queueUndeliverable) ?? undeliverable
        delay = reader.text(.queueDelay) ?? delay
        maximumLength = reader.integer(.maximumLength, in: 1...1_000_000_000, default: maximumLength)
        deliveryLimit = reader.integer(.deliveryLimit, in: 3...1_000_000, default: deliveryLimit)
        if let texts = reader.list(.delaySeconds) {
            let seconds = texts.compactMap { Int($0) }.filter { (1...86_400).contains($0) }
            if seconds.count == texts.count, !seconds.isEmpty, Set(seconds).count == seconds.count {
                delaySeconds = seconds.sorted()
            } else {
                reader.fault(.delaySeconds, "must be different whole numbers from 1 to 86400, such as 5,30,120,600")
            }
        }
        let names = declarations.map { $0.name }
        for name in Set(names) where names.filter({ $0 == name }).count > 1 {
            reader.fault("queues: the name \"\(name)\" is used twice; each queue needs its own")
        }
        for name in names where name.utf8.count > 255 || name.hasPrefix("amq.") {
            reader.fault(
                "queues: \"\(name.prefix(40))…\" has more than 255 bytes or begins with amq., which the broker keeps"
            )
        }
    }

    /// Where a request waits at least so long: the shortest delay that covers it, or the longest there is. Zero is the
    /// request queue itself.
    func queue(for delay: Duration) -> String {
        guard delay > .zero else { return requests }
        let seconds = delaySeconds.first { .seconds($0) >= delay } ?? delaySeconds.last
        return seconds.map { "\(self.delay).\($0)" } ?? requests
    }

    /// Every queue, those that others dead-letter to first.
    var declarations: [QueueDeclaration] {
        [
            queue(errors, ["x-delivery-limit": .int64(Self.noDeliveryLimit)]),
            queue(dead, ["x-delivery-limit": .int64(Self.noDeliveryLimit)]),
            queue(
                requests,
                [
                    "x-delivery-limit": .int64(Int64(deliveryLimit)), "x-max-length": .int64(Int64(maximumLength)),
                    "x-overflow": "reject-publish", "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": .string(dead), "x-dead-letter-strategy": "at-least-once",
                ]
            ),
            queue(replies, ["x-message-ttl": .int64(Self.replyLifetimeMilliseconds)]),
            queue(undeliverable, ["x-delivery-limit": .int64(Self.noDeliveryLimit)]),
        ]
            + delaySeconds.map { seconds in
                queue(
                    "\(delay).\(seconds)",
                    [
                        "x-message-ttl": .int64(Int64(seconds) * 1000), "x-overflow": "reject-publish",
                        "x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(requests),
                        "x-dead-letter-strategy": "at-least-once",
                    ]
                )
            }
    }

    private func queue(_ name: String, _ arguments: FieldTable) -> QueueDeclaration {
        var arguments = arguments
        arguments["x-queue-type"] = "quorum"
        return QueueDeclaration(name: name, arguments: arguments)
    }
}

extension Topology {
    /// Creates or checks the queues.
    ///
    /// - Throws: ``RabbitMQError``, whose message names the queue, what differs, and the mend.
    func prepare(_ mode: TopologyMode, over connection: Connection) async throws(RabbitMQError) {
        for queue in mode == .none ? [] : declarations {
            // One channel each: an error closes its channel.
            let channel = try await connection.openChannel()
            do throws(RabbitMQError) {
                switch mode {
                case .declare: _ = try await channel.declare(queue)
                case .passive: _ = try await channel.status(ofQueue: queue.name)
                case .none: break
                }
            } catch {
                throw located(error, at: queue.name)
            }
            await channel.close()
        }
    }

    private func located(_ error: RabbitMQError, at queue: String) -> RabbitMQError {
        var error = error
        switch error.replyCode {
        case 404:
            error.message =
                "queue \"\(queue)\" does not exist; create it with \"adf-trigger topology declare\", or set topology.mode to declare"
        case 406:
            error.message =
                "queue \"\(queue)\" exists with other properties, and they can't be changed: \(error.message); "
                + "delete it when it is empty, or set topology.mode to passive to use it as it is"
        default: error.message = "queue \"\(queue)\": \(error.message)"
        }
        return error
    }
}
