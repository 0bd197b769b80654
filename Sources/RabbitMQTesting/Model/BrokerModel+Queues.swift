import RabbitMQ

/// Queues: how they come and go.
extension BrokerModel {
    mutating func declare(
        _ declaration: QueueDeclaration,
        isPassive: Bool,
        by id: SessionID
    ) throws(Refusal) -> QueueStatus {
        if declaration.name.hasPrefix(DirectReplies.pseudoQueue) {
            guard try isDirectReplyQueue(declaration.name) else { throw .missingQueue(declaration.name) }
            return QueueStatus(name: declaration.name, readyCount: 0, consumerCount: 1)
        }
        if isPassive {
            queues[declaration.name]?.lastUsed = now
            return try queue(declaration.name, for: id).status
        }
        if let existing = queues[declaration.name] {
            guard declaration.isExclusive == (existing.owner != nil) else { throw .locked(queue: existing.name) }
            try check(existing, isFor: id)
            try declaration.checkEquivalence(to: existing.declaration)
            queues[declaration.name]?.lastUsed = now
            return existing.status
        }
        guard !declaration.name.hasPrefix("amq.") else { throw .reservedName(declaration.name, of: "queue") }
        var declaration = declaration
        if declaration.name.isEmpty { declaration.name = makeQueueName() }
        let queue = Queue(
            declaration,
            try QueueArguments(declaration),
            number: makeNumber(),
            owner: declaration.isExclusive ? id : nil,
            now: now
        )
        queues[declaration.name] = queue
        return queue.status
    }

    private func makeQueueName() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return "amq.gen-" + String((0..<22).map { _ in letters.randomElement() ?? "A" })
    }

    /// The queue, if it is there and not another connection's own.
    func queue(_ name: String, for id: SessionID) throws(Refusal) -> Queue {
        guard let queue = queues[name] else { throw .missingQueue(name) }
        try check(queue, isFor: id)
        return queue
    }

    private func check(_ queue: Queue, isFor id: SessionID) throws(Refusal) {
        guard queue.owner == nil || queue.owner == id else { throw .locked(queue: queue.name) }
    }

    /// Deletes a queue at somebody's wish; one that is not there is deleted enough.
    mutating func deleteQueue(_ name: String, by id: SessionID) throws(Refusal) -> Int {
        guard let queue = queues[name] else { return 0 }
        try check(queue, isFor: id)
        delete(queue: name)
        return queue.readyCount
    }

    /// Deletes a queue and what leads to it, and tells its consumers. What is in it is not dead-lettered.
    mutating func delete(queue name: String) {
        guard let queue = queues.removeValue(forKey: name) else { return }
        for consumerID in queue.consumers {
            guard let consumer = consumers.removeValue(forKey: consumerID) else { continue }
            let tag = consumer.declaration.consumerTag
            sessions[consumer.session]?.channels[consumer.channel]?.consumers[tag] = nil
            send(.basicCancel(consumerTag: tag), consumer.channel, to: consumer.session)
        }
        for exchange in Array(exchanges.keys) { removeBindings(of: exchange) { $0.queue == name } }
    }

    mutating func purge(_ name: String, by id: SessionID) throws(Refusal) -> Int {
        _ = try queue(name, for: id)
        return queues[name]?.removeAll() ?? 0
    }
}
