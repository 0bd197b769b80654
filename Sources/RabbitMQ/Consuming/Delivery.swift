/// A message the broker handed to us.
///
/// It is ours until it is settled over the channel it came by. When that channel is gone it is somebody else's, and
/// settling it throws ``RabbitMQError/Code/staleDelivery`` instead of disturbing the next channel.
///
/// Of reference type, for it is large and handed on at every step.
public final class Delivery: Sendable {
    /// The message. Its body is empty where it was larger than ``ConnectionConfiguration/maximumBodyByteCount``.
    public let message: Message
    /// The body's size as the broker announced it, in bytes, be it kept or not.
    public let bodyByteCount: UInt64
    /// The channel it came by, and over which alone it can be settled.
    public let channel: Channel
    /// The channel's number for this delivery.
    public let deliveryTag: UInt64
    /// Whether it was, or may have been, handed to somebody before.
    public let isRedelivered: Bool
    /// The exchange it was published to; empty is the default exchange.
    public let exchange: String
    /// The routing key it was published with.
    public let routingKey: String
    /// The consumer it was handed to; empty for one that was asked for.
    public let consumerTag: String

    /// Which channel of which connection it came by; no two channels of a process share one.
    public var generation: ChannelGeneration { channel.generation }

    init(
        message: Message,
        bodyByteCount: UInt64,
        channel: Channel,
        deliveryTag: UInt64,
        isRedelivered: Bool,
        exchange: String,
        routingKey: String,
        consumerTag: String
    ) {
        self.message = message
        self.bodyByteCount = bodyByteCount
        self.channel = channel
        self.deliveryTag = deliveryTag
        self.isRedelivered = isRedelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.consumerTag = consumerTag
    }
}

/// Tells one channel from every other that this process has had or will have.
public struct ChannelGeneration: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let number: UInt64

    init(number: UInt64) {
        self.number = number
    }

    /// A later channel is greater.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    /// The number, for logs.
    public var description: String { String(number) }
}
