import RabbitMQ

/// What the addresses of direct replies look like.
enum DirectReplies {
    /// The queue that is none.
    static let pseudoQueue = "amq.rabbitmq.reply-to"

    /// An address: two words behind the name, as on a node, where the first is base64. Ours has 16 digits.
    static func address(_ id: SessionID, _ number: UInt16) -> String {
        func digits(_ value: UInt64, _ count: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, count - digits.count)) + digits
        }
        return "\(pseudoQueue).\(digits(id.number, 16)).\(digits(UInt64(number), 8))"
    }

    /// Throws ``Refusal`` where an address has the words of one but can't be one: a node fails inside over that. Returns
    /// whether it has them.
    static func check(_ address: String) throws(Refusal) -> Bool {
        let words = address.dropFirst(pseudoQueue.count).split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 3, words[0].isEmpty else { return false }
        guard words[1].count == 16, words[1].allSatisfy(\.isNumber) else {
            throw .connectionError(541, "INTERNAL_ERROR")
        }
        return true
    }
}

/// Direct reply-to: answers that go to the requester's channel without a queue.
extension BrokerModel {
    mutating func consumeReplies(
        _ declaration: ConsumerDeclaration,
        _ number: UInt16,
        _ id: SessionID
    ) throws(Refusal) {
        guard declaration.mode == .automaticAcknowledgement else {
            throw .preconditionFailed("reply consumer cannot acknowledge")
        }
        guard sessions[id]?.channels[number]?.replyConsumer == nil else {
            throw .preconditionFailed("reply consumer already set")
        }
        sessions[id]?.channels[number]?.replyConsumer =
            (declaration.consumerTag, DirectReplies.address(id, number))
        send(.basicConsumeOk(consumerTag: declaration.consumerTag), number, to: id)
    }

    /// What a request on this channel says instead of the pseudo-queue's name.
    func replyAddress(_ number: UInt16, _ id: SessionID) throws(Refusal) -> String {
        guard let address = sessions[id]?.channels[number]?.replyConsumer?.address else {
            throw .preconditionFailed("fast reply consumer does not exist")
        }
        return address
    }

    /// Hands a message to the requester it is addressed to, if that is there. It does not count as a route.
    mutating func answerDirectly(_ message: QueuedMessage) throws(Refusal) {
        guard message.routingKey.hasPrefix(DirectReplies.pseudoQueue),
            try DirectReplies.check(message.routingKey), let (id, number) = requester(message.routingKey)
        else { return }
        guard let consumer = sessions[id]?.channels[number]?.replyConsumer else { return }
        let deliver = Method.Deliver(
            consumerTag: consumer.consumerTag,
            deliveryTag: sessions[id]?.channels[number]?.nextDeliveryTag() ?? 0,
            isRedelivered: false,
            exchange: "",
            routingKey: message.routingKey
        )
        send(.basicDeliver(deliver), message.message, number, to: id)
    }

    /// Whether a passive declare finds the pseudo-queue, or a requester by its address.
    func isDirectReplyQueue(_ name: String) throws(Refusal) -> Bool {
        if name == DirectReplies.pseudoQueue { return true }
        return try DirectReplies.check(name) && requester(name) != nil
    }

    private func requester(_ address: String) -> (SessionID, channel: UInt16)? {
        for (id, session) in sessions {
            for (number, channel) in session.channels where channel.replyConsumer?.address == address {
                return (id, number)
            }
        }
        return nil
    }
}
