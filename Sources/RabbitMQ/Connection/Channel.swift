/// A channel: the unit in which AMQP orders, limits and fails.
///
/// A copy is the same channel. An error on it (a missing queue, a refused permission) makes the broker close it, and
/// only it; everything asked of it afterwards throws ``RabbitMQError/Code/channelClosed``.
///
/// Every call throws ``RabbitMQError``: `channelClosed` where the channel is or becomes closed, with the broker's reply
/// code where it has one; what ended the connection where that is gone; `invalidArgument` for what can't be put on the
/// wire, in which case nothing was sent. A broker that does not answer within ``ConnectionConfiguration/replyTimeout``
/// counts as lost.
public struct Channel: Sendable {
    /// Tells deliveries of this channel from those of any other.
    public let generation: ChannelGeneration

    let connection: Connection
    let number: UInt16

    init(connection: Connection, number: UInt16, generation: ChannelGeneration) {
        self.connection = connection
        self.number = number
        self.generation = generation
    }

    /// Closes the channel; what it delivered and nobody settled goes back to its queue.
    ///
    /// While the broker has publishing blocked its answer is not waited for, and a publish it has not confirmed is in
    /// doubt.
    public func close() async {
        await connection.close(self)
    }

    /// Whether it can be used.
    public var isOpen: Bool {
        get async { await connection.isOpen(self) }
    }

    /// Returns when the channel is gone, with the reason: an error on it, a lost connection, or ``close()``; or with
    /// ``RabbitMQError/Code/cancelled`` when the calling task is cancelled.
    public func waitUntilClosed() async -> RabbitMQError {
        await connection.waitUntilClosed(self)
    }

    func unexpected(_ method: Method) -> RabbitMQError {
        RabbitMQError(.protocolViolation, "the broker answered with another method than expected: \(method)")
    }
}

// MARK: - Consuming

extension Channel {
    /// Limits how many unsettled deliveries the broker sends to each consumer of this channel that starts from now on.
    public func setPrefetch(_ count: UInt16) async throws(RabbitMQError) {
        try await connection.setPrefetch(count, on: self)
    }

    /// Starts a consumer.
    ///
    /// - Throws: `channelClosed` with reply code 404 where the queue does not exist, 403 where another consumer has it
    ///   for itself; `invalidArgument` without a prefetch or a consumer tag.
    public func consume(_ consumer: ConsumerDeclaration) async throws(RabbitMQError) -> Deliveries {
        try await connection.consume(consumer, on: self)
    }

    /// Starts a consumer, as ``consume(_:)``.
    public func consume(
        _ queue: String,
        consumerTag: String,
        mode: ConsumeMode = .manualAcknowledgement
    ) async throws(RabbitMQError) -> Deliveries {
        try await consume(ConsumerDeclaration(queue: queue, consumerTag: consumerTag, mode: mode))
    }

    /// Stops a consumer. What had arrived can still be taken and settled.
    public func cancel(_ deliveries: Deliveries) async throws(RabbitMQError) {
        try await connection.cancel(consumerTag: deliveries.consumerTag, on: self)
    }

    /// Asks for one message: for tools that look at a queue. A consumer is much cheaper where there are many.
    ///
    /// - Returns: the message and how many are left behind it; nil where the queue is empty.
    /// - Throws: `channelClosed` with reply code 404 where the queue does not exist, 405 where it is another connection's.
    public func get(
        _ queue: String,
        mode: ConsumeMode = .manualAcknowledgement
    ) async throws(RabbitMQError) -> (delivery: Delivery, remainingCount: Int)? {
        try await connection.get(queue, mode, on: self)
    }

    /// Says that a delivery is done with. The broker does not answer this.
    ///
    /// - Throws: `staleDelivery` where its channel is gone, `alreadySettled` where it was settled before. Nothing is
    ///   sent in either case.
    public func acknowledge(_ delivery: Delivery) async throws(RabbitMQError) {
        try await connection.acknowledge(delivery, isThrough: false, on: self)
    }

    /// Says that a delivery and every earlier one of this channel that is not settled yet are done with.
    ///
    /// - Throws: as ``acknowledge(_:)``.
    public func acknowledgeAll(through delivery: Delivery) async throws(RabbitMQError) {
        try await connection.acknowledge(delivery, isThrough: true, on: self)
    }

    /// Gives a delivery back: to its queue, or to the queue's dead-letter path.
    ///
    /// - Throws: as ``acknowledge(_:)``.
    public func reject(_ delivery: Delivery, requeue: Bool) async throws(RabbitMQError) {
        let command = Command.basicReject(deliveryTag: delivery.deliveryTag, requeue: requeue)
        try await connection.giveBack(delivery, by: command, isThrough: false, on: self)
    }

    /// Gives a delivery and every earlier one of this channel that is not settled yet back, by RabbitMQ's `basic.nack`:
    /// to their queue, or to its dead-letter path.
    ///
    /// - Throws: as ``acknowledge(_:)``.
    public func rejectAll(through delivery: Delivery, requeue: Bool) async throws(RabbitMQError) {
        let command = Command.basicNack(deliveryTag: delivery.deliveryTag, throughTag: true, requeue: requeue)
        try await connection.giveBack(delivery, by: command, isThrough: true, on: self)
    }
}

// MARK: - Publishing

extension Channel {
    /// Puts the channel in confirm mode, which ``publish(_:exchange:routingKey:isMandatory:)`` asks for.
    public func enableConfirms() async throws(RabbitMQError) {
        try await connection.enableConfirms(on: self)
    }

    /// Publishes a message and waits for what the broker says of it.
    ///
    /// While the broker has the connection blocked the message waits here. Cancelling the calling task takes it back
    /// where it was not sent yet, and leaves it in doubt where it was.
    ///
    /// - Parameters:
    ///   - message: Properties and body; both must fit AMQP's limits.
    ///   - exchange: Empty for the default exchange, which routes to the queue named by `routingKey`.
    ///   - routingKey: What the exchange routes by.
    ///   - isMandatory: Whether a message that no queue takes is returned instead of dropped. Give such messages a
    ///     message id: two in flight with the same routing key, message id and correlation id can't be told apart.
    /// - Throws: ``RabbitMQError`` only where the message was certainly not published; everything uncertain is
    ///   ``PublishOutcome/inDoubt(_:)``, which includes a broker that does not answer within the reply time-out.
    public func publish(
        _ message: Message,
        exchange: String = "",
        routingKey: String,
        isMandatory: Bool
    ) async throws(RabbitMQError) -> PublishOutcome {
        let outgoing = OutgoingMessage(
            message: message,
            exchange: exchange,
            routingKey: routingKey,
            isMandatory: isMandatory
        )
        return try await connection.publish(outgoing, on: self)
    }
}
