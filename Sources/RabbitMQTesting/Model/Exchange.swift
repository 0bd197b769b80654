import RabbitMQ

/// An exchange and what is bound to it.
struct Exchange {
    let declaration: ExchangeDeclaration
    /// In the order they were made.
    var bindings: [QueueBinding] = []

    /// The exchanges every node has, by name.
    static let predeclared: [String: Exchange] = {
        let kinds: [(String, ExchangeDeclaration.Kind)] = [
            ("amq.direct", .direct), ("amq.fanout", .fanout), ("amq.headers", .headers), ("amq.match", .headers),
            ("amq.topic", .topic),
        ]
        return kinds.reduce(into: [:]) { exchanges, entry in
            exchanges[entry.0] = Exchange(declaration: ExchangeDeclaration(name: entry.0, kind: entry.1))
        }
    }()

    /// Where it sends what it can't route.
    var alternate: String? { declaration.arguments["alternate-exchange"]?.text }

    /// The queues that a message with these routing keys and headers goes to; may name one twice.
    func route(_ routingKeys: [String], _ headers: FieldTable?) -> [String] {
        bindings.filter { binding in
            switch declaration.kind {
            case .fanout: true
            case .topic: routingKeys.contains { TopicPattern(binding.routingKey).matches($0) }
            case .headers: HeaderMatch(binding.arguments).matches(headers ?? [:])
            default: routingKeys.contains(binding.routingKey)
            }
        }.map(\.queue)
    }
}
