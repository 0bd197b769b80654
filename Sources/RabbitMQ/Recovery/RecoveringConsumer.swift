/// Consumes a queue over a ``RecoveringConnection``, anew whenever it can't go on.
///
/// A consumer ends with its channel: when the connection is lost, when the broker cancels it because the queue was
/// deleted, when an acknowledgement came too late. ``subscribe()`` then opens another one, on whatever connection there
/// is, with the same prefetch; where the queue is missing what the connection prepares is prepared again first.
///
/// ``deliveries`` hides all that from whoever wants messages alone; ``subscribe()`` shows the seams to whoever has work
/// under way that must end with them.
public actor RecoveringConsumer {
    private let connection: RecoveringConnection
    private let declaration: ConsumerDeclaration
    private let prefetch: UInt16
    private var backoff: RecoveryBackoff
    private var last: (subscription: Subscription, connection: Connection, begun: ContinuousClock.Instant)?

    /// Describes a consumer.
    ///
    /// - Parameters:
    ///   - connection: What it consumes over; somebody runs it.
    ///   - declaration: What the consumer shall be; its tag is the same in each of its lives.
    ///   - prefetch: How many deliveries may be held at once; at least 1.
    public init(_ connection: RecoveringConnection, _ declaration: ConsumerDeclaration, prefetch: UInt16) {
        precondition(prefetch > 0, "without a prefetch nothing limits what the broker sends")
        self.connection = connection
        self.declaration = declaration
        self.prefetch = prefetch
        backoff = RecoveryBackoff(connection.policy)
    }

    /// Consumes anew; waits until that is possible.
    ///
    /// What the last subscription left unsettled goes back to the queue: its channel is closed first.
    ///
    /// - Returns: nil when the calling task is cancelled, or ``RecoveringConnection/run()`` has ended.
    public func subscribe() async -> Subscription? {
        let isMissing = await endLast()
        return await subscribe(preparing: isMissing)
    }

    /// Ends what is left of the last subscription, and rests where it alone ended: one that ends soon after it began has
    /// not shown that all is well, and each takes messages out of the queue and puts them back, which the queue may
    /// count (`delivery-limit`).
    ///
    /// - Returns: whether its queue may be missing.
    private func endLast() async -> Bool {
        guard let last else { return false }
        self.last = nil
        backoff.lasted(.now - last.begun)
        // The channel of a consumer that the broker has cancelled is open still, and holds what was delivered.
        let wasCancelled = await last.subscription.channel.isOpen
        await last.subscription.channel.close()
        guard await last.connection.closed == nil else { return false }
        try? await Task.sleep(for: backoff.nextPause())
        return wasCancelled
    }

    private func subscribe(preparing isPrepared: Bool) async -> Subscription? {
        var isMissing = isPrepared
        var failed: Connection?
        while !Task.isCancelled {
            guard let current = try? await connection.connection(otherThan: failed) else { return nil }
            do throws(RabbitMQError) {
                if isMissing { try await connection.prepare(current) }
                let subscription = try await subscribe(over: current)
                last = (subscription, current, .now)
                connection.tell(.consuming(queue: declaration.queue, address: current.address))
                return subscription
            } catch {
                // Whoever keeps the connection knows, and says when there is another.
                failed = await current.closed == nil ? nil : current
                guard failed == nil else { continue }
                // No channel is left on it: another connection has them.
                if error.code == .channelsExhausted { await current.close() }
                isMissing = error.replyCode == 404
                let pause = backoff.pause(after: error)
                connection.tell(.retrying(error, address: current.address, after: pause))
                try? await Task.sleep(for: pause)
            }
        }
        return nil
    }

    private func subscribe(over connection: Connection) async throws(RabbitMQError) -> Subscription {
        let channel = try await connection.openChannel()
        do throws(RabbitMQError) {
            try await channel.setPrefetch(prefetch)
            return Subscription(channel: channel, deliveries: try await channel.consume(declaration))
        } catch {
            await channel.close()
            throw error
        }
    }

    /// Everything the queue gives, over whatever connections it takes; ends with the iterating task.
    ///
    /// Settle a delivery over its own ``Delivery/channel``; where that is gone the broker has it again, and gives it to
    /// somebody, perhaps to this sequence.
    public nonisolated var deliveries: RecoveringDeliveries { RecoveringDeliveries(consumer: self) }
}

/// One life of a consumer: a channel, and what comes over it.
public struct Subscription: Sendable {
    /// The channel its deliveries are settled over.
    public let channel: Channel
    /// What it receives; it throws when this life ends.
    public let deliveries: Deliveries
}

/// The deliveries of a ``RecoveringConsumer``. Iterate it from one task.
public struct RecoveringDeliveries: AsyncSequence, Sendable {
    fileprivate let consumer: RecoveringConsumer

    /// Waits for deliveries.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let consumer: RecoveringConsumer
        fileprivate var current: Deliveries.AsyncIterator?

        /// The next delivery; nil when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> Delivery? {
            while !Task.isCancelled {
                if current == nil { current = await consumer.subscribe()?.deliveries.makeAsyncIterator() }
                guard var iterator = current else { return nil }
                // Its end is told of by an event; what counts here is that there is another.
                let delivery = try? await iterator.next(isolation: actor)
                if let delivery { return delivery }
                current = nil
            }
            return nil
        }
    }

    /// Starts waiting.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(consumer: consumer)
    }
}
