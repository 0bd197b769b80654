/// What one consumer receives, in the order the broker sent it.
///
/// Iterate it from one task. It ends without an error after ``Channel/cancel(_:)``, when what had arrived is taken,
/// and when the iterating task is cancelled. It throws ``RabbitMQError`` when the consumer can receive nothing more:
/// ``RabbitMQError/Code/consumerCancelled``, ``RabbitMQError/Code/channelClosed``,
/// ``RabbitMQError/Code/connectionLost`` and the like. The only buffer behind it is the channel's prefetch.
public struct Deliveries: AsyncSequence, Sendable {
    /// The name the broker knows this consumer by.
    public let consumerTag: String

    let buffer: DeliveryBuffer<Delivery>

    /// Waits for deliveries.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let buffer: DeliveryBuffer<Delivery>

        /// The next delivery, or nil at the end.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RabbitMQError) -> Delivery? {
            try await buffer.next().get()
        }
    }

    /// Starts waiting.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(buffer: buffer)
    }
}

/// Who says that a delivery is done with.
public enum ConsumeMode: Sendable {
    /// The consumer does, by ``Channel/acknowledge(_:)`` or ``Channel/reject(_:requeue:)``.
    case manualAcknowledgement
    /// The broker does, as it sends: a crash loses what was on its way. Direct reply-to asks for it.
    case automaticAcknowledgement
}
