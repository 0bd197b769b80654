/// What a consumer shall be.
public struct ConsumerDeclaration: Sendable, Hashable {
    /// The queue it takes from.
    public var queue: String
    /// The name the broker knows it by, which is its own on the channel.
    public var consumerTag: String
    /// Who says that a delivery is done with.
    public var mode: ConsumeMode
    /// Whether it has the queue for itself: the broker then refuses any other (403), and this one while there is another.
    public var isExclusive: Bool
    /// Arguments such as `x-priority`.
    public var arguments: FieldTable

    /// Describes a consumer that acknowledges and shares its queue, unless told otherwise.
    public init(
        queue: String,
        consumerTag: String,
        mode: ConsumeMode = .manualAcknowledgement,
        isExclusive: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.queue = queue
        self.consumerTag = consumerTag
        self.mode = mode
        self.isExclusive = isExclusive
        self.arguments = arguments
    }
}
