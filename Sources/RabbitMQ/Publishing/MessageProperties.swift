/// The basic properties of a message, by their AMQP names.
///
/// Short strings hold at most 255 bytes of UTF-8; a publish that breaks this is refused before anything is sent.
public struct MessageProperties: Sendable, Hashable {
    /// How a message is kept.
    public enum DeliveryMode: UInt8, Sendable {
        /// Lost when the broker restarts.
        case transient = 1
        /// Written to disk before it is confirmed.
        case persistent = 2
    }

    public var contentType: String?
    public var contentEncoding: String?
    public var headers: FieldTable?
    /// Nil where the publisher set none, or a value AMQP does not know; RabbitMQ then treats it as transient.
    public var deliveryMode: DeliveryMode?
    public var priority: UInt8?
    public var correlationID: String?
    public var replyTo: String?
    /// Time to live in milliseconds, as text.
    public var expiration: String?
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    public var type: String?
    /// Checked by the broker: it must be the name the publishing connection logged in with.
    public var userID: String?
    public var appID: String?

    /// Makes properties with none set.
    public init() {}
}
