/// What a queue is, or what is expected of one that exists.
public struct QueueDeclaration: Sendable, Hashable {
    /// The queue's name; empty lets the broker choose one.
    public var name: String
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it belongs to this connection alone and goes with it.
    public var isExclusive: Bool
    /// Whether it goes when its last consumer has gone.
    public var isAutoDeleted: Bool
    /// The `x-` arguments; they can't be changed once the queue exists.
    public var arguments: FieldTable

    /// Describes a durable queue shared by everyone, unless told otherwise.
    public init(
        name: String,
        isDurable: Bool = true,
        isExclusive: Bool = false,
        isAutoDeleted: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.isAutoDeleted = isAutoDeleted
        self.arguments = arguments
    }
}

/// What the broker says of a queue when it is declared.
public struct QueueStatus: Sendable, Hashable {
    /// The name, chosen by the broker where none was given.
    public var name: String
    /// Messages that are ready; unacknowledged ones are not counted.
    public var readyCount: Int
    /// Consumers on it at that moment.
    public var consumerCount: Int

    package init(name: String, readyCount: Int, consumerCount: Int) {
        self.name = name
        self.readyCount = readyCount
        self.consumerCount = consumerCount
    }
}
