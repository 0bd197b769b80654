internal import DequeModule
import RabbitMQ

/// The broker's side of one connection.
struct Session {
    /// What the broker makes of it.
    enum State {
        case open
        /// The broker has said goodbye, and reads nothing but the answer.
        case closing
        /// It is over once the client has read what is left.
        case over
    }

    let user: String
    var state: State = .open
    var channels: [UInt16: ServerChannel] = [:]
    /// What the client has not read yet. Bounded as on a real connection: by prefetch and unanswered requests.
    var outbox: [Frame] = []
    /// It published under an alarm, so nothing more is read from it.
    var isBlocked = false
    /// What came while it was blocked. Bounded by what the client's callers wait for.
    var unread: Deque<(Command, channel: UInt16)> = []
}

/// The broker's side of one channel.
struct ServerChannel {
    /// The broker has closed it, and waits for the answer.
    var isClosing = false
    /// Nil until it is in confirm mode.
    var confirms: ConfirmBook?
    /// For consumers that start from now on.
    var prefetchCount = 0
    var consumers: [String: ConsumerID] = [:]
    /// In the order of their tags.
    var unacknowledged: Deque<Unacknowledged> = []
    /// The consumer of direct replies, by its tag.
    var replyConsumer: (consumerTag: String, address: String)?
    /// What an empty queue name means.
    var lastQueue: String?
    private var lastDeliveryTag: UInt64 = 0

    mutating func nextDeliveryTag() -> UInt64 {
        lastDeliveryTag += 1
        return lastDeliveryTag
    }
}
