import RabbitMQ
import TestSupport

/// Many tasks that publish numbered messages without pause, and the books of what became of each.
actor Flight {
    /// Numbers of the messages the broker has confirmed.
    private(set) var confirmed: Set<Int> = []
    /// Numbers of those it may have.
    private(set) var inDoubt: Set<Int> = []
    /// Numbers of those that were certainly not published.
    private(set) var unsent: Set<Int> = []
    /// How often each end came that a task stopped at.
    private(set) var ends: [String: Int] = [:]
    /// The longest that one publish took.
    private(set) var slowest = Duration.zero
    private var nextNumber = 0
    private var isOver = false

    /// Lets the tasks end with the message each has in flight.
    func land() {
        isOver = true
    }

    /// Publishes until ``land()``, or until something else than a confirm comes, which ends the task it came to.
    ///
    /// - Parameters:
    ///   - queues: Where the messages go, in turn.
    ///   - padding: How many bytes each has beside its number.
    nonisolated func run(tasks: Int, over channel: Channel, to queues: [String], padding: Int = 0) async {
        let padding = String(repeating: "x", count: padding)
        await withTaskGroup { group in
            for _ in 0..<tasks {
                group.addTask {
                    while let number = await self.number() {
                        var message = Message("\(number) \(padding)")
                        message.properties.deliveryMode = .persistent
                        message.properties.messageID = "\(number)"
                        let started = ContinuousClock.now
                        do throws(RabbitMQError) {
                            let queue = queues[number % queues.count]
                            let outcome = try await channel.publish(message, routingKey: queue, isMandatory: true)
                            await self.published(number, outcome, after: .now - started)
                            guard case .confirmed = outcome else { return }
                        } catch {
                            await self.refused(number, error, after: .now - started)
                            return
                        }
                    }
                }
            }
        }
    }

    private func number() -> Int? {
        guard !isOver else { return nil }
        defer { nextNumber += 1 }
        return nextNumber
    }

    private func published(_ number: Int, _ outcome: PublishOutcome, after duration: Duration) {
        slowest = max(slowest, duration)
        switch outcome {
        case .confirmed:
            confirmed.insert(number)
            return
        case .inDoubt: inDoubt.insert(number)
        case .returned, .nacked: break
        }
        ends[outcome.summary, default: 0] += 1
    }

    private func refused(_ number: Int, _ error: RabbitMQError, after duration: Duration) {
        slowest = max(slowest, duration)
        unsent.insert(number)
        ends["not sent: \(error.code)", default: 0] += 1
    }
}

extension Message {
    /// The number a ``Flight`` gave it.
    var number: Int? { properties.messageID.flatMap { Int($0) } }
}
