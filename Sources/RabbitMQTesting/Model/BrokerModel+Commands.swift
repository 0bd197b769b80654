import RabbitMQ

/// What each command of an open channel does.
extension BrokerModel {
    /// Does what a command asks for, and answers it.
    mutating func perform(_ command: Command, _ number: UInt16, _ id: SessionID) throws(Refusal) {
        switch command {
        case .exchangeDeclare(let exchange, let isPassive):
            try declare(exchange, isPassive: isPassive)
            send(.exchangeDeclareOk, number, to: id)
        case .exchangeDelete(let name):
            try deleteExchange(name)
            send(.exchangeDeleteOk, number, to: id)
        case .queueDeclare(let queue, let isPassive):
            let status = try declare(queue, isPassive: isPassive, by: id)
            sessions[id]?.channels[number]?.lastQueue = status.name
            send(.queueDeclareOk(status), number, to: id)
        case .queueBind(let binding):
            try bind(resolved(binding, number, id), by: id)
            send(.queueBindOk, number, to: id)
        case .queueUnbind(let binding):
            try unbind(resolved(binding, number, id), by: id)
            send(.queueUnbindOk, number, to: id)
        case .queueDelete(let name):
            let count = try deleteQueue(resolved(name, number, id), by: id)
            send(.queueDeleteOk(messageCount: count), number, to: id)
        case .queuePurge(let name):
            let count = try purge(resolved(name, number, id), by: id)
            send(.queuePurgeOk(messageCount: count), number, to: id)
        case .confirmSelect:
            if sessions[id]?.channels[number]?.confirms == nil {
                sessions[id]?.channels[number]?.confirms = ConfirmBook()
            }
            send(.confirmSelectOk, number, to: id)
        case .basicQos(let prefetchCount):
            sessions[id]?.channels[number]?.prefetchCount = Int(prefetchCount)
            send(.basicQosOk, number, to: id)
        case .basicConsume(var consumer):
            consumer.queue = try resolved(consumer.queue, number, id)
            try consume(consumer, number, id)
        case .basicCancel(let consumerTag):
            cancel(consumerTag, number, id)
        case .basicGet(let queue, let mode):
            try get(resolved(queue, number, id), mode, number, id)
        case .basicAck(let tag, let throughTag):
            acknowledged(try takeUnacknowledged(tag, throughTag: throughTag, number, id))
        case .basicNack(let tag, let throughTag, let requeue):
            rejected(try takeUnacknowledged(tag, throughTag: throughTag, number, id), requeue: requeue)
        case .basicReject(let tag, let requeue):
            rejected(try takeUnacknowledged(tag, throughTag: false, number, id), requeue: requeue)
        case .basicPublish(let outgoing):
            try publish(outgoing, number, id)
        case .channelOpen, .channelClose, .channelCloseOk, .connectionClose, .connectionCloseOk:
            // What begins and ends channels is read before this.
            break
        }
    }

    /// An empty name means the queue that the channel declared last.
    private func resolved(_ name: String, _ number: UInt16, _ id: SessionID) throws(Refusal) -> String {
        guard name.isEmpty else { return name }
        guard let last = sessions[id]?.channels[number]?.lastQueue else {
            throw Refusal(code: 404, text: "NOT_FOUND - no previously declared queue")
        }
        return last
    }

    private func resolved(
        _ binding: QueueBinding,
        _ number: UInt16,
        _ id: SessionID
    ) throws(Refusal) -> QueueBinding {
        var binding = binding
        binding.queue = try resolved(binding.queue, number, id)
        return binding
    }
}
