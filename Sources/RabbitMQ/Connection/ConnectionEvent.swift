/// Something that happened to a connection and concerns whoever watches it: a log, a metric, a health check.
///
/// Whoever waits for an answer, an outcome or a delivery is told of the same in its own call.
public enum ConnectionEvent: Sendable {
    /// A connection is open.
    case connected(address: String)
    /// The broker, short of memory or disk, reads nothing from this connection any more; publishes wait.
    case blocked(reason: String)
    /// Publishes go out again.
    case unblocked
    /// The broker has cancelled a consumer, for instance because its queue was deleted.
    case consumerCancelled(ConsumerDeclaration)
    /// The broker has closed a channel because a delivery was not acknowledged in time (`consumer_timeout`, 30 min by
    /// default); everything the channel held goes to somebody else.
    case acknowledgementTimedOut(RabbitMQError)
    /// The broker has closed a channel for any other reason; ``RabbitMQError/replyCode`` says which.
    case channelClosed(RabbitMQError)
    /// The connection is gone, by whichever side.
    case closed(RabbitMQError)
    /// A ``RecoveringConnection`` could not connect, or not get what it restores, and tries again after a pause.
    case retrying(RabbitMQError, address: String, after: Duration)
    /// A ``RecoveringConnection`` consumes, for the first time or again.
    case consuming(queue: String, address: String)
}
