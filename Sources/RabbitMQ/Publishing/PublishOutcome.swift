/// What became of a message published on a channel in confirm mode.
public enum PublishOutcome: Sendable {
    /// The broker has taken responsibility for it.
    case confirmed
    /// It was mandatory and no queue took it; the broker gave it back.
    case returned(ReturnReason)
    /// The broker refused it, for instance because a queue with overflow `reject-publish` is full.
    case nacked
    /// The connection or channel went before the broker answered: it may be in a queue, or not.
    ///
    /// It is never sent again by this library. Whoever repeats it must allow for a duplicate.
    case inDoubt(RabbitMQError)
}

/// Why the broker gave a mandatory message back.
public struct ReturnReason: Sendable, Hashable {
    /// AMQP's reply code; 312 is "no route".
    public var code: UInt16
    /// The broker's words.
    public var text: String

    package init(code: UInt16, text: String) {
        self.code = code
        self.text = text
    }
}
