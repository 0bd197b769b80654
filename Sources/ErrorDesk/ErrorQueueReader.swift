package import RabbitMQ

/// Reads the error queue from its head to its end, and gives everything back in its order that is not acknowledged.
///
/// A quorum queue puts what is given back behind all else that was ever given back, and hands that out first. So the
/// order stays only where everything is held at one time, however the reading ends, and so there is room for the whole
/// queue from the start: the broker assigns a consumer all that it has room for before it answers that it consumes. One
/// has room for 65 535 messages, so a longer queue has several, in the order of their tags. What does not help (all seen
/// on 3.10.8): reading a part, which then is behind the rest; `basic.get`, where each message has a consumer of its own
/// to the broker, and what several consumers held comes back in the order of a hash, beyond 32; an exclusive consumer,
/// which quorum queues do not know, so that whoever else reads would be shown what is left. Two things keep others away:
/// a queue of this connection's own as a lock, and a look at whether there are consumers.
///
/// Bodies are in memory between their arrival and the caller's taking them: let go of them at once, and do not wait
/// before the end of the queue.
package struct ErrorQueueReader: ~Copyable {
    /// The channel it reads by; what is published on it is behind the acknowledgements in the order of the broker.
    package let channel: Channel

    private let queue: String
    /// How many messages one consumer has room for.
    private let window: Int
    /// The consumers that are not read to their end, in the order of the queue; never empty.
    private var windows: [Deliveries]
    private var consumerCount: Int
    /// How many came by the first of them.
    private var takenInWindow = 0
    private var takenCount = 0
    /// Acknowledgements since the broker last answered.
    private var unansweredCount = 0
    /// How many are certainly there.
    private var expectedCount: Int
    /// How many are read at most: a queue that fills faster than it is read would have no end.
    private let limit: Int

    /// Beyond, the broker gives back what they held in the order of a hash: 2 million messages.
    private static let mostConsumers = 31
    /// How long an operator who has just ended, or was killed, may stand in the way.
    private static let tries = 10
    private static let pauseBetweenTries = Duration.milliseconds(200)
    /// What the broker has counted as there comes within milliseconds.
    private static let longestSilence = Duration.seconds(10)
    private static let silenceLimit = 3
    /// The broker finds what is acknowledged by going through all that is held before it: some milliseconds in a queue of
    /// 100 000, and thousands at a time would keep it from answering until it counts as lost.
    private static let unansweredLimit = 64
    /// What may still be on its way when the broker says that nothing is left.
    private static let lastSilence = Duration.milliseconds(250)

    /// Begins to read.
    ///
    /// - Parameter window: How many messages one consumer has room for.
    /// - Throws: ``ErrorDeskError``: `missingQueue`; `inUse` where somebody else reads it; `broker`.
    package static func open(
        _ queue: String,
        over connection: Connection,
        window: UInt16 = .max
    ) async throws(ErrorDeskError) -> ErrorQueueReader {
        var failure = ErrorDeskError(.inUse, "")
        for attempt in 1...tries {
            do throws(RabbitMQError) {
                return try await begin(queue, over: connection, window)
            } catch {
                failure = ErrorDeskError(error, at: queue)
                guard failure.code == .inUse, attempt < tries else { throw failure }
                try? await Task.sleep(for: pauseBetweenTries)
            }
        }
        throw failure
    }

    private static func begin(
        _ queue: String,
        over connection: Connection,
        _ window: UInt16
    ) async throws(RabbitMQError) -> ErrorQueueReader {
        try await lock(queue, over: connection)
        let channel = try await connection.openChannel()
        let status = try await channel.reliableStatus(ofQueue: queue)
        guard status.consumerCount == 0 else { throw inUse }
        try await channel.setPrefetch(window)
        var windows: [Deliveries] = []
        // All of them before the first message is looked at.
        let count = min(status.readyCount / Int(window) + 1, mostConsumers)
        for number in 1...count {
            // Of several none can be; quorum queues do not know it anyway.
            windows.append(try await consume(queue, number: number, isExclusive: count == 1, on: channel))
        }
        return ErrorQueueReader(
            channel: channel,
            queue: queue,
            window: Int(window),
            windows: windows,
            expectedCount: status.readyCount
        )
    }

    /// Goes with the connection.
    private static func lock(_ queue: String, over connection: Connection) async throws(RabbitMQError) {
        let channel = try await connection.openChannel()
        do throws(RabbitMQError) {
            try await channel.declare(
                QueueDeclaration(name: "\(queue.prefix(200)).desk", isDurable: false, isExclusive: true)
            )
            await channel.close()
        } catch {
            if error.replyCode == 405 { throw inUse }
            // Without permission to declare there is the look at the consumers.
            guard error.replyCode == 403 else { throw error }
        }
    }

    private static let inUse = RabbitMQError(.channelClosed, "in exclusive use", replyCode: 403)

    private init(channel: Channel, queue: String, window: Int, windows: [Deliveries], expectedCount: Int) {
        self.channel = channel
        self.queue = queue
        self.window = window
        self.windows = windows
        consumerCount = windows.count
        self.expectedCount = expectedCount
        limit = 2 * expectedCount + 10_000
    }

    /// Tags in the order of their numbers, since the broker gives back in the order of tags.
    private static func consume(
        _ queue: String,
        number: Int,
        isExclusive: Bool,
        on channel: Channel
    ) async throws(RabbitMQError) -> Deliveries {
        let tag = "adf-trigger-errors-\(1000 + number)"
        return try await channel.consume(ConsumerDeclaration(queue: queue, consumerTag: tag, isExclusive: isExclusive))
    }

    /// The next message, or nil at the end of the queue. It stays held until it is acknowledged or the channel closed.
    ///
    /// - Throws: ``ErrorDeskError``: `inUse` where somebody else came between two windows; `broker`. Nothing is lost then.
    package mutating func next() async throws(ErrorDeskError) -> Delivery? {
        do throws(RabbitMQError) {
            return try await nextDelivery()
        } catch {
            throw ErrorDeskError(error, at: queue)
        }
    }

    private mutating func nextDelivery() async throws(RabbitMQError) -> Delivery? {
        var silences = 0
        while takenCount < limit {
            if takenInWindow == window { try await beginNextWindow() }
            if takenCount >= expectedCount {
                expectedCount = takenCount + (try await channel.reliableStatus(ofQueue: queue).readyCount)
            }
            let isLast = takenCount == expectedCount
            switch try await windows[0].next(within: isLast ? Self.lastSilence : Self.longestSilence) {
            case .delivery(let delivery):
                takenCount += 1
                takenInWindow += 1
                return delivery
            case .end: return nil
            case .silence:
                guard !isLast else { return nil }
                silences += 1
                guard silences < Self.silenceLimit else {
                    throw RabbitMQError(.timeout, "the broker does not send what it says is there")
                }
            }
        }
        return nil
    }

    /// All of the window is held, so that nothing can be on its way to the consumer that is ended.
    private mutating func beginNextWindow() async throws(RabbitMQError) {
        try await channel.cancel(windows.removeFirst())
        takenInWindow = 0
        guard windows.isEmpty else { return }
        // More was parked meanwhile than there was room for.
        consumerCount += 1
        windows.append(try await Self.consume(queue, number: consumerCount, isExclusive: false, on: channel))
    }

    /// Lets go of a message for good.
    package mutating func acknowledge(_ delivery: Delivery) async throws(ErrorDeskError) {
        do throws(RabbitMQError) {
            try await channel.acknowledge(delivery)
            unansweredCount += 1
            guard unansweredCount == Self.unansweredLimit else { return }
            // Any request will do: the broker answers it behind them.
            _ = try await channel.status(ofQueue: queue)
            unansweredCount = 0
        } catch {
            throw ErrorDeskError(error, at: queue)
        }
    }

    /// Lets the channel publish with confirms.
    package func enableConfirms() async throws(ErrorDeskError) {
        do throws(RabbitMQError) {
            try await channel.enableConfirms()
        } catch {
            throw ErrorDeskError(error, at: queue)
        }
    }

    /// Returns when the queue has taken notice of every acknowledgement; nothing can be read afterwards.
    ///
    /// The broker does not answer acknowledgements. While 32 of them wait for the queue's log, its channel keeps back
    /// those that follow, and a channel that is closed meanwhile drops what it kept back (on 3.10.8, with the log halted,
    /// 27 of 60 came back). The end of a consumer is answered when the log has it and all before it; the channel sends
    /// what it kept back then, before it reads the next request.
    ///
    /// - Throws: ``ErrorDeskError`` where the channel is gone, and with it what was not acknowledged yet.
    package func settle() async throws(ErrorDeskError) {
        do throws(RabbitMQError) {
            for deliveries in windows { try await channel.cancel(deliveries) }
            _ = try await channel.status(ofQueue: queue)
        } catch {
            throw ErrorDeskError(error, at: queue)
        }
    }

    /// Gives back what is held.
    package consuming func close() async {
        await channel.close()
    }
}
