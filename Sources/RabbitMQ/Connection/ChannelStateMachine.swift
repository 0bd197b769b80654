internal import DequeModule

/// What one channel is going through: requests without an answer, contents that arrive in pieces, publishes without a
/// confirm, deliveries without an acknowledgement.
///
/// Pure: no clock, no I/O; what is to be done is returned. `Reply`, `Publish` and `Consumer` are whatever waits for
/// answers, for outcomes and for deliveries.
struct ChannelStateMachine<Reply, Publish, Consumer> {
    /// What a frame asks for.
    enum Action {
        case nothing
        /// Hand the answer to who asked.
        case answer(Reply, Method)
        /// Hand the message that was asked for to who asked.
        case answerWithMessage(Reply, Method.GetOk, MessageAssembly.Complete)
        /// Hand the message to its consumer.
        case deliver(Consumer, Method.Deliver, MessageAssembly.Complete)
        /// Tell the publishers.
        case settled([ConfirmTracker<Publish>.Settled])
        /// Tell the consumer that the broker has cancelled it.
        case cancelled(Consumer, ConsumerDeclaration)
        /// Answer the broker's close, and tell everybody.
        case closed(RabbitMQError)
    }

    /// What silence of the broker means.
    enum Silence {
        case endsConnection
        case endsChannel
    }

    private struct PendingReply {
        var reply: Reply
        var limit: Duration
        var deadline: ContinuousClock.Instant
        var silence: Silence
    }

    /// Who waits on a channel that has ended.
    struct Remains {
        var replies: [Reply]
        var publishes: [ConfirmTracker<Publish>.Settled]
        var consumers: [Consumer]
    }

    private struct ActiveConsumer {
        var consumer: Consumer
        var declaration: ConsumerDeclaration
    }

    private(set) var ledger: DeliveryLedger
    /// Nil until the channel is in confirm mode.
    var confirms: ConfirmTracker<Publish>?
    /// We have asked the broker to close it. Whatever is sent on a channel behind its close ends the whole connection
    /// (504, 505), so nothing more may be.
    private(set) var isClosing = false
    var prefetchCount = 0
    private var assembly: MessageAssembly
    private var consumers: [String: ActiveConsumer] = [:]
    /// Answers on one channel come in the order of the requests.
    private var pendingReplies: Deque<PendingReply> = []

    init(generation: ChannelGeneration, bodyLimit: Int) {
        ledger = DeliveryLedger(generation: generation)
        assembly = MessageAssembly(bodyLimit: bodyLimit)
    }

    /// Tells this channel from every other.
    var generation: ChannelGeneration { ledger.generation }
    /// Whether the channel is in confirm mode.
    var isConfirming: Bool { confirms != nil }
    /// Whether something waits for a deadline.
    var hasDeadlines: Bool { !pendingReplies.isEmpty || (confirms?.count ?? 0) > 0 }

    // MARK: - What we do

    /// Notes a request that is about to be sent.
    mutating func requested(
        _ reply: Reply,
        at now: ContinuousClock.Instant,
        within limit: Duration,
        silence: Silence
    ) {
        pendingReplies.append(PendingReply(reply: reply, limit: limit, deadline: now + limit, silence: silence))
    }

    /// Gives the broker its time anew, since it has read nothing until now.
    mutating func restartDeadlines(_ now: ContinuousClock.Instant) {
        for index in pendingReplies.indices { pendingReplies[index].deadline = now + pendingReplies[index].limit }
    }

    /// Notes that our close is about to be sent.
    mutating func close() {
        isClosing = true
    }

    /// Whether a consumer of this tag is there.
    func hasConsumer(_ tag: String) -> Bool { consumers[tag] != nil }

    /// Notes a consumer before it is asked for: deliveries may follow the answer in the same read.
    mutating func addConsumer(_ consumer: Consumer, _ declaration: ConsumerDeclaration) {
        consumers[declaration.consumerTag] = ActiveConsumer(consumer: consumer, declaration: declaration)
    }

    /// Forgets a consumer, and returns it.
    mutating func removeConsumer(_ tag: String) -> Consumer? {
        consumers.removeValue(forKey: tag)?.consumer
    }

    /// Changes the book of deliveries.
    mutating func settle(
        _ change: (inout DeliveryLedger) -> DeliveryLedger.Settlement
    ) -> DeliveryLedger.Settlement {
        change(&ledger)
    }

    /// What to send for the deliveries that were acknowledged.
    mutating func takeAcknowledgements() -> [DeliveryLedger.Acknowledgement] {
        ledger.takeAcknowledgements()
    }

    // MARK: - What comes in

    /// Takes a method of this channel.
    ///
    /// - Throws: ``RabbitMQError/Code/protocolViolation`` for one that can't come now.
    mutating func received(_ method: Method) throws(RabbitMQError) -> Action {
        switch method {
        case .basicDeliver(let deliver):
            try assembly.begin(.deliver(deliver))
        case .basicGetOk(let got):
            try assembly.begin(.got(got))
        case .basicReturn(let returned):
            try assembly.begin(.returned(returned))
        case .basicAck(let tag, let throughTag):
            return .settled(confirms?.acknowledged(tag, throughTag: throughTag) ?? [])
        case .basicNack(let tag, let throughTag):
            return .settled(confirms?.refused(tag, throughTag: throughTag) ?? [])
        case .basicCancel(let consumerTag):
            guard let active = consumers.removeValue(forKey: consumerTag) else { return .nothing }
            return .cancelled(active.consumer, active.declaration)
        case .channelClose(let reason):
            return .closed(RabbitMQError(.channelClosed, reason.text, replyCode: reason.code))
        case .unknown(let id):
            throw RabbitMQError(.protocolViolation, "an unknown method (id \(id)) came on a channel")
        default:
            guard let pending = pendingReplies.popFirst() else {
                throw RabbitMQError(.protocolViolation, "an answer nobody asked for came on a channel: \(method)")
            }
            return .answer(pending.reply, method)
        }
        return .nothing
    }

    /// Takes a content header.
    mutating func receivedHeader(
        bodySize: UInt64,
        _ properties: MessageProperties
    ) throws(RabbitMQError) -> Action {
        guard let complete = try assembly.header(bodySize: bodySize, properties) else { return .nothing }
        return try received(complete)
    }

    /// Takes a piece of a content.
    mutating func receivedBody(_ bytes: [UInt8]) throws(RabbitMQError) -> Action {
        guard let complete = try assembly.body(bytes) else { return .nothing }
        return try received(complete)
    }

    private mutating func received(_ complete: MessageAssembly.Complete) throws(RabbitMQError) -> Action {
        switch complete.start {
        case .returned(let returned):
            let key = ConfirmTracker<Publish>.ReturnKey(
                exchange: returned.exchange,
                routingKey: returned.routingKey,
                complete.properties
            )
            _ = confirms?.returned(key, reason: returned.reason)
            return .nothing
        case .got(let got):
            guard let pending = pendingReplies.popFirst() else {
                throw RabbitMQError(.protocolViolation, "a message nobody asked for came on a channel")
            }
            // At once, whoever settles it: an acknowledgement that covers several must not cover this by accident.
            ledger.delivered(got.deliveryTag)
            return .answerWithMessage(pending.reply, got, complete)
        case .deliver(let deliver):
            // A consumer we have just cancelled is gone: its delivery stays on the books until the channel closes.
            guard let active = consumers[deliver.consumerTag] else {
                ledger.delivered(deliver.deliveryTag)
                return .nothing
            }
            // What the broker settles as it sends is not on the books: acknowledging it would close the channel (406).
            if active.declaration.mode == .manualAcknowledgement { ledger.delivered(deliver.deliveryTag) }
            return .deliver(active.consumer, deliver, complete)
        }
    }

    /// Notes that the broker has settled a message that was asked for, as it sent it.
    mutating func settledByBroker(_ deliveryTag: UInt64) {
        _ = ledger.giveBack(deliveryTag, of: generation)
    }

    // MARK: - Ends

    /// What the broker's silence about a request means by now; nil while it has time.
    func overdueReply(_ now: ContinuousClock.Instant) -> Silence? {
        guard let first = pendingReplies.first, first.deadline < now else { return nil }
        return first.silence
    }

    /// Tells who waits here, now that the channel is gone; publishes are in doubt.
    mutating func end(_ error: RabbitMQError) -> Remains {
        defer {
            pendingReplies.removeAll()
            consumers.removeAll()
        }
        return Remains(
            replies: pendingReplies.map { $0.reply },
            publishes: confirms?.lost(error) ?? [],
            consumers: consumers.values.map { $0.consumer }
        )
    }
}
