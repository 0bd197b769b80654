/// A queue's subscription to an exchange.
public struct QueueBinding: Sendable, Hashable {
    /// The queue that receives.
    public var queue: String
    /// The exchange that gives.
    public var exchange: String
    /// What the exchange compares with a message's routing key; what that means is up to the exchange's kind.
    public var routingKey: String
    /// What a headers exchange compares.
    public var arguments: FieldTable

    /// Describes a binding.
    public init(queue: String, exchange: String, routingKey: String = "", arguments: FieldTable = [:]) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }
}
