import RabbitMQ

/// A consumer, and how much it holds.
struct Consumer {
    let session: SessionID
    let channel: UInt16
    let declaration: ConsumerDeclaration
    /// How many deliveries it may hold; 0 means any number.
    let prefetchCount: Int
    var unacknowledgedCount = 0

    /// Whether it can be handed another message.
    var hasRoom: Bool {
        declaration.mode == .automaticAcknowledgement || prefetchCount == 0 || unacknowledgedCount < prefetchCount
    }

    /// Of two with room the one of the higher priority is served.
    var priority: Int64 { declaration.arguments["x-priority"]?.integer ?? 0 }
}
