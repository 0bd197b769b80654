/// A message the broker handed to us.
///
/// It is ours until it is settled over the channel it came by. When that channel is gone it is somebody else's, and
/// settling it throws ``RabbitMQError/Code/staleDelivery`` instead of disturbing the next channel.
public struct Delivery: Sendable {
    /// The message. Its body is empty where it was larger than ``ConnectionConfiguration/maximumBodyByteCount``.
    public var message: Message
    /// The body's size as the broker announced it, in bytes, be it kept or not.
    public var bodyByteCount: UInt64
    /// The channel it came by, and over which alone it can be settled.
    public var channel: Channel
    /// The channel's number for this delivery.
    public var deliveryTag: UInt64
    /// Whether it was, or may have been, handed to somebody before.
    public var isRedelivered: Bool
    /// The exchange it was published to; empty is the default exchange.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// The consumer it was handed to; empty for one that was asked for.
    public var consumerTag: String

    /// Which channel of which connection it came by; no two channels of a process share one.
    public var generation: ChannelGeneration { channel.generation }
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
