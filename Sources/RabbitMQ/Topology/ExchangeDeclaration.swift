/// What an exchange is, or what is expected of one that exists.
public struct ExchangeDeclaration: Sendable, Hashable {
    /// How an exchange chooses the queues a message goes to.
    public struct Kind: Sendable, Hashable, ExpressibleByStringLiteral {
        /// The name AMQP or a plugin gives it.
        public let name: String

        /// Names a kind, such as one that a plugin brings.
        public init(stringLiteral name: String) { self.name = name }

        /// To queues bound with the very routing key.
        public static let direct: Kind = "direct"
        /// To every bound queue.
        public static let fanout: Kind = "fanout"
        /// By headers.
        public static let headers: Kind = "headers"
        /// To queues bound with a pattern of the routing key: `*` is one word, `#` any number.
        public static let topic: Kind = "topic"
    }

    /// The exchange's name.
    public var name: String
    /// How it routes.
    public var kind: Kind
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it goes when its last queue is unbound.
    public var isAutoDeleted: Bool
    /// Whether only other exchanges may publish to it.
    public var isInternal: Bool
    /// Arguments such as `alternate-exchange`.
    public var arguments: FieldTable

    /// Describes a durable exchange, unless told otherwise.
    public init(
        name: String,
        kind: Kind = .direct,
        isDurable: Bool = true,
        isAutoDeleted: Bool = false,
        isInternal: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.isAutoDeleted = isAutoDeleted
        self.isInternal = isInternal
        self.arguments = arguments
    }
}
