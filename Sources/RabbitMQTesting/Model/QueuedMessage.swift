import RabbitMQ

/// A message in a queue, or out of it until it is settled.
struct QueuedMessage {
    var message: Message
    /// The exchange it was published to.
    var exchange: String
    /// The key it was published with, then those of its CC and BCC headers. Never empty.
    var routingKeys: [String]
    /// Its place in a classic queue, which it finds again when it is put back.
    var position: UInt64 = 0
    var isRedelivered = false
    /// How often a quorum queue has had it back.
    var returnCount: Int64 = 0
    /// When it expires, on the model's clock.
    var expiresAt: Duration?

    /// The key it was published with.
    var routingKey: String { routingKeys.first ?? "" }

    init(_ message: Message, exchange: String, routingKeys: [String]) {
        self.message = message
        self.exchange = exchange
        self.routingKeys = routingKeys
    }
}

/// A delivery that nobody has settled yet.
struct Unacknowledged {
    var deliveryTag: UInt64
    var message: QueuedMessage
    var queue: String
    /// A queue that was deleted and made again is another one.
    var queueNumber: UInt64
    /// Nil for a message that was asked for.
    var consumer: ConsumerID?
}
