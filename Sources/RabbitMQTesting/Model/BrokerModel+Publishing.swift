import RabbitMQ

/// Publishes, and the answers to them.
extension BrokerModel {
    mutating func publish(_ outgoing: OutgoingMessage, _ number: UInt16, _ id: SessionID) throws(Refusal) {
        try check(outgoing, of: id)
        var message = outgoing.message
        let extraKeys = try extraRoutingKeys(&message.properties)
        if message.properties.replyTo == DirectReplies.pseudoQueue {
            message.properties.replyTo = try replyAddress(number, id)
        }
        let queued = QueuedMessage(
            message,
            exchange: outgoing.exchange,
            routingKeys: [outgoing.routingKey] + extraKeys
        )
        if outgoing.exchange.isEmpty { try answerDirectly(queued) }

        let names = route(outgoing.exchange, queued.routingKeys, message.properties.headers)
        if names.isEmpty, outgoing.isMandatory {
            // Before its confirm, on the same channel.
            let reason = ReturnReason(code: 312, text: "NO_ROUTE")
            let returned = Method.Return(
                reason: reason,
                exchange: outgoing.exchange,
                routingKey: outgoing.routingKey
            )
            send(.basicReturn(returned), message, number, to: id)
        }
        var isAccepted = true
        for name in names where !enqueue(queued, in: name) { isAccepted = false }
        sessions[id]?.channels[number]?.confirms?.answer(isAccepted: isAccepted)
        if !areConfirmsHeld { awake(id) }
    }

    private func check(_ outgoing: OutgoingMessage, of id: SessionID) throws(Refusal) {
        if !outgoing.exchange.isEmpty {
            guard let exchange = exchanges[outgoing.exchange] else { throw .missingExchange(outgoing.exchange) }
            guard !exchange.declaration.isInternal else {
                throw .accessRefused("cannot publish to internal exchange '\(outgoing.exchange)' in vhost '/'")
            }
        }
        let properties = outgoing.message.properties
        if let userID = properties.userID, let user = sessions[id]?.user, userID != user {
            throw .preconditionFailed("user_id property set to '\(userID)' but authenticated user was '\(user)'")
        }
        if let expiration = properties.expiration {
            guard let milliseconds = Int64(expiration) else {
                throw .preconditionFailed("invalid expiration '\(expiration)': no_integer")
            }
            guard milliseconds >= 0 else {
                throw .preconditionFailed("invalid expiration '\(expiration)': {value_negative,\(milliseconds)}")
            }
        }
    }

    /// The keys of the CC and BCC headers; nobody who receives the message learns of the latter.
    private func extraRoutingKeys(_ properties: inout MessageProperties) throws(Refusal) -> [String] {
        guard let headers = properties.headers else { return [] }
        var keys: [String] = []
        for name in ["CC", "BCC"] {
            guard let value = headers[name] else { continue }
            guard let texts = headers.texts(name) else {
                throw .preconditionFailed(
                    "invalid message: {unacceptable_type_in_header,\"\(name)\",\(value.kindName)}"
                )
            }
            keys += texts
        }
        properties.headers?["BCC"] = nil
        return keys
    }

    // MARK: - Confirms

    /// Tells a connection what has become of its publishes.
    mutating func tellConfirms(of id: SessionID) {
        for number in (sessions[id]?.channels.keys.sorted() ?? []) {
            for method in sessions[id]?.channels[number]?.confirms?.take() ?? [] { send(method, number, to: id) }
        }
    }

    // MARK: - Into queues

    /// Puts a message in a queue, and hands it on; false where the queue refuses it.
    mutating func enqueue(_ message: QueuedMessage, in name: String) -> Bool {
        guard let queue = queues[name] else { return false }
        if queue.refuses(byteCount: message.message.body.count) {
            if queue.arguments.overflow == .rejectPublishDeadLetter { deadLetter(message, .tooMany, from: queue) }
            return false
        }
        var message = message
        message.isRedelivered = false
        message.returnCount = 0
        message.expiresAt = expiry(of: message, in: queue)
        queues[name]?.append(message)
        // What has no time at all still reaches a consumer that waits for it.
        if queue.readyCount == 0, let consumer = nextConsumer(of: name), let message = queues[name]?.popFirst() {
            hand(message, to: consumer, from: name)
        }
        deliver(from: name)
        return true
    }

    /// When a message expires: by its queue's time or its own, whichever is less.
    private func expiry(of message: QueuedMessage, in queue: Queue) -> Duration? {
        let own = message.message.properties.expiration.flatMap { Int64($0) }.map { Duration.milliseconds($0) }
        switch (own, queue.arguments.messageLife) {
        case (let own?, let life?): return now + min(own, life)
        case (let life?, nil), (nil, let life?): return now + life
        case (nil, nil): return nil
        }
    }
}
