/// What the connection does for its channels' consumers.
extension Connection {
    func setPrefetch(_ count: UInt16, on channel: Channel) async throws(RabbitMQError) {
        _ = try await request(.basicQos(prefetchCount: count), on: channel)
        channels[channel.number]?.state.prefetchCount = Int(count)
    }

    func consume(_ consumer: ConsumerDeclaration, on channel: Channel) async throws(RabbitMQError) -> Deliveries {
        try check(channel)
        guard !consumer.consumerTag.isEmpty else {
            throw RabbitMQError(.invalidArgument, "give the consumer a tag: deliveries find it by that")
        }
        guard consumer.mode == .automaticAcknowledgement || channels[channel.number]?.state.prefetchCount ?? 0 > 0
        else {
            throw RabbitMQError(
                .invalidArgument,
                "set a prefetch before consuming: nothing else limits what the broker sends"
            )
        }
        guard channels[channel.number]?.state.hasConsumer(consumer.consumerTag) == false else {
            throw RabbitMQError(
                .invalidArgument,
                "consumer tag \"\(consumer.consumerTag)\" is in use on this channel"
            )
        }
        let buffer = DeliveryBuffer<Delivery>()
        channels[channel.number]?.state.addConsumer(buffer, consumer)
        do {
            _ = try await request(.basicConsume(consumer), on: channel)
        } catch {
            _ = channels[channel.number]?.state.removeConsumer(consumer.consumerTag)
            throw error
        }
        return Deliveries(consumerTag: consumer.consumerTag, buffer: buffer)
    }

    func cancel(consumerTag: String, on channel: Channel) async throws(RabbitMQError) {
        _ = try await request(.basicCancel(consumerTag: consumerTag), on: channel)
        channels[channel.number]?.state.removeConsumer(consumerTag)?.finish(nil)
    }

    func get(
        _ queue: String,
        _ mode: ConsumeMode,
        on channel: Channel
    ) async throws(RabbitMQError) -> (Delivery, remainingCount: Int)? {
        switch try await request(.basicGet(queue: queue, mode: mode), on: channel) {
        case .method(.basicGetEmpty): return nil
        case .method(let method): throw channel.unexpected(method)
        case .message(let got, let complete):
            if mode == .automaticAcknowledgement { channels[channel.number]?.state.settledByBroker(got.deliveryTag) }
            let delivery = Delivery(
                message: Message(properties: complete.properties, body: complete.body),
                bodyByteCount: complete.bodyByteCount,
                channel: channel,
                deliveryTag: got.deliveryTag,
                isRedelivered: got.isRedelivered,
                exchange: got.exchange,
                routingKey: got.routingKey,
                consumerTag: ""
            )
            return (delivery, got.remainingCount)
        }
    }

    // MARK: - Settling

    func acknowledge(_ delivery: Delivery, isThrough: Bool, on channel: Channel) throws(RabbitMQError) {
        let isNoted = channels[channel.number]?.state.ledger.hasUnsent == true
        let (tag, generation) = (delivery.deliveryTag, delivery.generation)
        try settle(delivery, on: channel) {
            isThrough ? $0.acknowledge(through: tag, of: generation) : $0.acknowledge(tag, of: generation)
        }
        if !isNoted { items.append((.acknowledgements, channel: channel.number)) }
    }

    /// Gives a delivery back by this command.
    func giveBack(
        _ delivery: Delivery,
        by command: Command,
        isThrough: Bool,
        on channel: Channel
    ) throws(RabbitMQError) {
        fixAcknowledgements(of: channel.number)
        let (tag, generation) = (delivery.deliveryTag, delivery.generation)
        try settle(delivery, on: channel) {
            isThrough ? $0.giveBack(through: tag, of: generation) : $0.giveBack(tag, of: generation)
        }
        items.append((.command(command), channel: channel.number))
    }

    /// Makes commands of the acknowledgements a channel has so far, in their place in the queue.
    ///
    /// Before the book forgets what is given back, which an acknowledgement that covers several must not cover; and so
    /// that what is acknowledged after that is not sent in this place, before it.
    func fixAcknowledgements(of number: UInt16) {
        let place = items.firstIndex { item, channel in
            if case .acknowledgements = item { channel == number } else { false }
        }
        guard let place else { return }
        let commands = takeAcknowledgements(of: number).map { (Item.command($0), channel: number) }
        items.replaceSubrange(place...place, with: commands)
    }

    func takeAcknowledgements(of number: UInt16) -> [Command] {
        let acknowledgements = channels[number]?.state.takeAcknowledgements() ?? []
        return acknowledgements.map { .basicAck(deliveryTag: $0.deliveryTag, throughTag: $0.throughTag) }
    }

    private func settle(
        _ delivery: Delivery,
        on channel: Channel,
        _ change: (inout DeliveryLedger) -> DeliveryLedger.Settlement
    ) throws(RabbitMQError) {
        let isUsable = (try? life.checkOpen()) != nil && channels[channel.number]?.state.isClosing == false
        switch isUsable ? channels[channel.number]?.state.settle(change) : .stale {
        case .settled: return
        case .alreadySettled:
            throw RabbitMQError(.alreadySettled, "delivery \(delivery.deliveryTag) was settled before")
        case .stale, nil:
            throw RabbitMQError(
                .staleDelivery,
                "delivery \(delivery.deliveryTag) came over a channel that is gone"
            )
        }
    }
}
