import RabbitMQ

/// Consumers, and how messages leave queues.
extension BrokerModel {
    mutating func consume(
        _ declaration: ConsumerDeclaration,
        _ number: UInt16,
        _ id: SessionID
    ) throws(Refusal) {
        let tag = declaration.consumerTag
        let channel = sessions[id]?.channels[number]
        guard channel?.consumers[tag] == nil, channel?.replyConsumer?.consumerTag != tag else {
            throw .connectionError(530, "NOT_ALLOWED - attempt to reuse consumer tag '\(tag)'")
        }
        if declaration.queue == DirectReplies.pseudoQueue {
            try consumeReplies(declaration, number, id)
            return
        }
        let queue = try queue(declaration.queue, for: id)
        guard queue.exclusiveConsumer == nil, !declaration.isExclusive || queue.consumers.isEmpty else {
            throw .accessRefused("queue '\(queue.name)' in vhost '/' in exclusive use")
        }
        let consumerID = ConsumerID(number: makeNumber())
        consumers[consumerID] = Consumer(
            session: id,
            channel: number,
            declaration: declaration,
            prefetchCount: channel?.prefetchCount ?? 0
        )
        sessions[id]?.channels[number]?.consumers[tag] = consumerID
        queues[queue.name]?.consumers.append(consumerID)
        if declaration.isExclusive { queues[queue.name]?.exclusiveConsumer = consumerID }
        send(.basicConsumeOk(consumerTag: tag), number, to: id)
        deliver(from: queue.name)
    }

    /// Stops a consumer at its own wish. What it holds stays its channel's.
    mutating func cancel(_ tag: String, _ number: UInt16, _ id: SessionID) {
        if let consumer = sessions[id]?.channels[number]?.consumers[tag] { remove(consumer) }
        if sessions[id]?.channels[number]?.replyConsumer?.consumerTag == tag {
            sessions[id]?.channels[number]?.replyConsumer = nil
        }
        send(.basicCancelOk(consumerTag: tag), number, to: id)
    }

    /// Takes a consumer away, and its queue with it if that wants to go with its last one.
    mutating func remove(_ consumerID: ConsumerID) {
        guard let consumer = consumers.removeValue(forKey: consumerID) else { return }
        let name = consumer.declaration.queue
        sessions[consumer.session]?.channels[consumer.channel]?.consumers[consumer.declaration.consumerTag] = nil
        queues[name]?.consumers.removeAll { $0 == consumerID }
        queues[name]?.lastUsed = now
        if queues[name]?.exclusiveConsumer == consumerID { queues[name]?.exclusiveConsumer = nil }
        guard let queue = queues[name], queue.declaration.isAutoDeleted, queue.consumers.isEmpty else { return }
        delete(queue: name)
    }

    mutating func get(_ name: String, _ mode: ConsumeMode, _ number: UInt16, _ id: SessionID) throws(Refusal) {
        _ = try queue(name, for: id)
        queues[name]?.lastUsed = now
        guard let message = queues[name]?.popFirst(), let queue = queues[name] else {
            send(.basicGetEmpty, number, to: id)
            return
        }
        let tag = note(message, from: queue, to: nil, mode, number, id)
        let got = Method.GetOk(
            deliveryTag: tag,
            isRedelivered: message.isRedelivered,
            exchange: message.exchange,
            routingKey: message.routingKey,
            remainingCount: queue.readyCount
        )
        send(.basicGetOk(got), outward(message, queue, isAskedFor: true), number, to: id)
        deliver(from: name)
    }

    // MARK: - Delivering

    /// Hands out what consumers have room for, and lets go what has expired or is too much.
    mutating func deliver(from name: String) {
        repeat { expireHead(of: name) } while handHead(of: name)
        while let queue = queues[name], queue.isOverLimit, let message = queues[name]?.popFirst() {
            deadLetter(message, .tooMany, from: queue)
        }
    }

    private mutating func expireHead(of name: String) {
        while let queue = queues[name], let expiry = queue.head?.expiresAt, expiry <= now,
            let message = queues[name]?.popFirst()
        {
            deadLetter(message, .expired, from: queue)
        }
    }

    private mutating func handHead(of name: String) -> Bool {
        guard queues[name]?.head != nil, let consumer = nextConsumer(of: name),
            let message = queues[name]?.popFirst()
        else { return false }
        hand(message, to: consumer, from: name)
        return true
    }

    /// The consumer whose turn it is: of those with room and the highest priority the one that waits longest.
    func nextConsumer(of name: String) -> ConsumerID? {
        var next: (id: ConsumerID, priority: Int64)?
        for id in queues[name]?.consumers ?? [] {
            guard let consumer = consumers[id], consumer.hasRoom else { continue }
            if next.map({ $0.priority < consumer.priority }) ?? true { next = (id, consumer.priority) }
        }
        return next?.id
    }

    /// Hands a message to a consumer, which then waits for its next turn.
    mutating func hand(_ message: QueuedMessage, to consumerID: ConsumerID, from name: String) {
        guard let consumer = consumers[consumerID], let queue = queues[name] else { return }
        queues[name]?.consumers.removeAll { $0 == consumerID }
        queues[name]?.consumers.append(consumerID)
        let mode = consumer.declaration.mode
        let tag = note(message, from: queue, to: consumerID, mode, consumer.channel, consumer.session)
        let deliver = Method.Deliver(
            consumerTag: consumer.declaration.consumerTag,
            deliveryTag: tag,
            isRedelivered: message.isRedelivered,
            exchange: message.exchange,
            routingKey: message.routingKey
        )
        let outward = outward(message, queue, isAskedFor: false)
        send(.basicDeliver(deliver), outward, consumer.channel, to: consumer.session)
    }

    /// Numbers a delivery, and keeps it until it is settled if its receiver will do that.
    private mutating func note(
        _ message: QueuedMessage,
        from queue: Queue,
        to consumer: ConsumerID?,
        _ mode: ConsumeMode,
        _ number: UInt16,
        _ id: SessionID
    ) -> UInt64 {
        let tag = sessions[id]?.channels[number]?.nextDeliveryTag() ?? 0
        guard mode == .manualAcknowledgement else { return tag }
        sessions[id]?.channels[number]?.unacknowledged.append(
            Unacknowledged(
                deliveryTag: tag,
                message: message,
                queue: queue.name,
                queueNumber: queue.number,
                consumer: consumer
            )
        )
        queues[queue.name]?.unacknowledgedCount += 1
        if let consumer { consumers[consumer]?.unacknowledgedCount += 1 }
        return tag
    }

    /// The message as its receiver sees it: a quorum queue says how often it had it back, and who asked is told of 0, too.
    private func outward(_ message: QueuedMessage, _ queue: Queue, isAskedFor: Bool) -> Message {
        guard queue.arguments.kind == .quorum, isAskedFor || message.returnCount > 0 else { return message.message }
        var outward = message.message
        var headers = outward.properties.headers ?? [:]
        headers.setSorted("x-delivery-count", .int64(message.returnCount))
        outward.properties.headers = headers
        return outward
    }
}
