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

    /// What the body is, such as `application/json`.
    public var contentType: String?
    /// How the body is compressed, if it is.
    public var contentEncoding: String?
    /// Named values of any AMQP kind.
    public var headers: FieldTable?
    /// Nil where the publisher set none, or a value AMQP does not know; RabbitMQ then treats it as transient.
    public var deliveryMode: DeliveryMode?
    /// 0 to 255; what it does is up to the queue.
    public var priority: UInt8?
    /// Joins a reply to its request.
    public var correlationID: String?
    /// The queue replies should go to.
    public var replyTo: String?
    /// Time to live in milliseconds, as text.
    public var expiration: String?
    /// Tells this message from others of its publisher.
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// What kind of message it is, in the publisher's words.
    public var type: String?
    /// Checked by the broker: it must be the name the publishing connection logged in with.
    public var userID: String?
    /// The program that published it.
    public var appID: String?

    /// Makes properties with none set.
    public init() {}
}
