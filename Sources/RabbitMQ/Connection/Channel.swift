/// A channel: the unit in which AMQP orders, limits and fails.
///
/// A copy is the same channel. An error on it (a missing queue, a refused permission) makes the broker close it, and
/// only it; everything asked of it afterwards throws ``RabbitMQError/Code/channelClosed``.
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
    public func close() async {
        await connection.close(self)
    }

    /// Whether it can be used.
    public var isOpen: Bool {
        get async { await connection.isOpen(self) }
    }

    /// Returns when the channel is gone, with the reason: an error on it, a lost connection, or ``close()``.
    public func waitUntilClosed() async -> RabbitMQError {
        await connection.waitUntilClosed(self)
    }

    // MARK: - Topology

    /// Creates the queue, or confirms that it exists just so.
    ///
    /// - Throws: `channelClosed` with reply code 406 where a queue of this name exists with other properties; the
    ///   message names the argument.
    public func declare(_ queue: QueueDeclaration) async throws(RabbitMQError) -> QueueStatus {
        try queue.checkLimits()
        return try await declare(queue, isPassive: false)
    }

    /// Asks whether the queue exists, and how full it is.
    ///
    /// - Parameter limit: How long to wait for the answer; then the channel is given up and `timeout` is thrown. Where
    ///   there is none the connection's reply time-out holds, which ends the connection.
    /// - Throws: `channelClosed` with reply code 404 where it does not exist.
    public func status(
        ofQueue name: String,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let queue = QueueDeclaration(name: name)
        try queue.checkLimits()
        return try await declare(queue, isPassive: true, within: limit)
    }

    private func declare(
        _ queue: QueueDeclaration,
        isPassive: Bool,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let reply = try await connection.request(.queueDeclare(queue, isPassive: isPassive), on: self, within: limit)
        guard case .queueDeclareOk(let status) = reply else { throw unexpected(reply) }
        return status
    }

    /// Deletes a queue with all that is in it.
    /// - Returns: how many messages went with it.
    @discardableResult
    public func deleteQueue(_ name: String) async throws(RabbitMQError) -> Int {
        try checkShortString(name, "queue name")
        let reply = try await connection.request(.queueDelete(name: name), on: self)
        guard case .queueDeleteOk(let count) = reply else { throw unexpected(reply) }
        return count
    }

    /// Empties a queue; unacknowledged messages stay.
    /// - Returns: how many messages went.
    @discardableResult
    public func purgeQueue(_ name: String) async throws(RabbitMQError) -> Int {
        try checkShortString(name, "queue name")
        let reply = try await connection.request(.queuePurge(name: name), on: self)
        guard case .queuePurgeOk(let count) = reply else { throw unexpected(reply) }
        return count
    }

    private func unexpected(_ method: Method) -> RabbitMQError {
        RabbitMQError(.protocolViolation, "the broker answered with another method than expected: \(method)")
    }

    // MARK: - Consuming

    /// Limits how many unsettled deliveries the broker sends to each consumer of this channel that starts from now on.
    public func setPrefetch(_ count: UInt16) async throws(RabbitMQError) {
        try await connection.setPrefetch(count, on: self)
    }

    /// Starts a consumer.
    ///
    /// - Throws: `channelClosed` with reply code 404 where the queue does not exist, 403 where another consumer has it
    ///   for itself; `invalidArgument` without a prefetch or a consumer tag.
    public func consume(
        _ queue: String,
        consumerTag: String,
        mode: ConsumeMode = .manualAcknowledgement
    ) async throws(RabbitMQError) -> Deliveries {
        try await connection.consume(queue, consumerTag: consumerTag, mode: mode, on: self)
    }

    /// Stops a consumer. What had arrived can still be taken and settled.
    public func cancel(_ deliveries: Deliveries) async throws(RabbitMQError) {
        try await connection.cancel(consumerTag: deliveries.consumerTag, on: self)
    }

    /// Says that a delivery is done with. The broker does not answer this.
    ///
    /// - Throws: `staleDelivery` where its channel is gone, `alreadySettled` where it was settled before. Nothing is
    ///   sent in either case.
    public func acknowledge(_ delivery: Delivery) async throws(RabbitMQError) {
        try await connection.settle(delivery, by: .basicAck(deliveryTag: delivery.deliveryTag), on: self)
    }

    /// Gives a delivery back: to its queue, or to the queue's dead-letter path.
    ///
    /// - Throws: as ``acknowledge(_:)``.
    public func reject(_ delivery: Delivery, requeue: Bool) async throws(RabbitMQError) {
        try await connection.settle(
            delivery,
            by: .basicReject(deliveryTag: delivery.deliveryTag, requeue: requeue),
            on: self
        )
    }

    // MARK: - Publishing

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
    ///   - exchange: Empty for the default exchange, which routes to the queue named by `routingKey`.
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
