import RabbitMQ

/// Why a message left its queue otherwise than by an acknowledgement; RabbitMQ's own words.
enum Death: String {
    case rejected
    case expired
    case tooMany = "maxlen"
    case deliveryLimit = "delivery_limit"
}

/// What becomes of messages that die.
extension BrokerModel {
    /// Publishes a message to where its queue's dead letters go; where it has no such place the message is gone.
    mutating func deadLetter(_ message: QueuedMessage, _ death: Death, from queue: Queue) {
        guard let exchange = queue.arguments.deadLetterExchange else { return }
        let letter = letter(message, death, from: queue, to: exchange)
        let deaths = letter.message.properties.headers.flatMap { Self.deaths($0) } ?? []
        for name in route(exchange, letter.routingKeys, letter.message.properties.headers) {
            // A rejection is somebody's will, and may go in a circle.
            guard death == .rejected || !Self.isCycle(to: name, deaths) else { continue }
            _ = enqueue(letter, in: name)
        }
    }

    private func letter(
        _ message: QueuedMessage,
        _ death: Death,
        from queue: Queue,
        to exchange: String
    ) -> QueuedMessage {
        var properties = message.message.properties
        var headers = properties.headers ?? [:]
        // As published: the key, and those of the CC header. BCC was taken off when it came in.
        let routingKeys = [message.routingKey] + (headers.texts("CC") ?? [])
        var entry: FieldTable = [
            "reason": .string(death.rawValue),
            "queue": .string(queue.name),
            "time": .timestamp(timestamp),
            "exchange": .string(message.exchange),
            "routing-keys": .array(routingKeys.map { .string($0) }),
        ]
        if let expiration = properties.expiration { entry["original-expiration"] = .string(expiration) }
        Self.note(entry, in: &headers)
        // Or the letter would expire where it went.
        properties.expiration = nil
        let routingKey = queue.arguments.deadLetterRoutingKey
        if routingKey != nil { headers["CC"] = nil }
        properties.headers = headers
        return QueuedMessage(
            Message(properties: properties, body: message.message.body),
            exchange: exchange,
            routingKeys: routingKey.map { [$0] } ?? message.routingKeys
        )
    }

    /// Counts a death: one entry for each queue and reason, the latest in front.
    private static func note(_ entry: FieldTable, in headers: inout FieldTable) {
        guard let deaths = deaths(headers) else {
            headers.setSorted("x-first-death-reason", entry["reason"] ?? .void)
            headers.setSorted("x-first-death-queue", entry["queue"] ?? .void)
            headers.setSorted("x-first-death-exchange", entry["exchange"] ?? .void)
            let first = FieldTable([.init("count", 1)] + entry.entries)
            headers.setSorted("x-death", .array([.table(first)]))
            return
        }
        let isSame = { (death: FieldTable) in
            death["queue"]?.text == entry["queue"]?.text && death["reason"]?.text == entry["reason"]?.text
        }
        var latest = deaths.first(where: isSame) ?? FieldTable([.init("count", 0)] + entry.entries)
        latest["count"] = .int64((latest["count"]?.integer ?? 0) + 1)
        latest.sort()
        let others = deaths.filter { !isSame($0) }
        headers.setSorted("x-death", .array(([latest] + others).map { .table($0) }))
    }

    /// The deaths a message has died; nil where it has no record of any.
    private static func deaths(_ headers: FieldTable) -> [FieldTable]? {
        guard case .array(let values) = headers["x-death"] else { return nil }
        return values.compactMap { value in
            guard case .table(let death) = value else { return nil }
            return death
        }
    }

    /// Whether the message was in this queue before, and nobody rejected it since: it would go round for ever.
    private static func isCycle(to queue: String, _ deaths: [FieldTable]) -> Bool {
        guard let index = deaths.firstIndex(where: { $0["queue"]?.text == queue }) else { return false }
        return deaths[...index].allSatisfy { $0["reason"]?.text != Death.rejected.rawValue }
    }
}
