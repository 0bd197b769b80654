/// Queues, exchanges, and what leads from one to the other.
extension Channel {
    // MARK: - Queues

    /// Creates the queue, or confirms that it exists just so.
    ///
    /// - Throws: `channelClosed` with reply code 406 where a queue of this name exists with other properties; the
    ///   message names the argument. 405 where it belongs to another connection alone.
    @discardableResult
    public func declare(_ queue: QueueDeclaration) async throws(RabbitMQError) -> QueueStatus {
        try await declare(queue, isPassive: false)
    }

    /// Asks whether the queue exists, and how full it is: AMQP's passive declare.
    ///
    /// - Parameters:
    ///   - name: The queue's name.
    ///   - limit: How long to wait for the answer; then the channel is given up and `timeout` is thrown. Where there is
    ///     none the connection's reply time-out holds, which ends the connection.
    /// - Throws: `channelClosed` with reply code 404 where it does not exist.
    public func status(
        ofQueue name: String,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        try await declare(QueueDeclaration(name: name), isPassive: true, within: limit)
    }

    private func declare(
        _ queue: QueueDeclaration,
        isPassive: Bool,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let reply = try await connection.call(.queueDeclare(queue, isPassive: isPassive), on: self, within: limit)
        guard case .queueDeclareOk(let status) = reply else { throw unexpected(reply) }
        return status
    }

    /// Deletes a queue with all that is in it; one that does not exist is deleted enough.
    /// - Returns: how many messages went with it.
    @discardableResult
    public func deleteQueue(_ name: String) async throws(RabbitMQError) -> Int {
        let reply = try await connection.call(.queueDelete(name: name), on: self)
        guard case .queueDeleteOk(let count) = reply else { throw unexpected(reply) }
        return count
    }

    /// Empties a queue; unacknowledged messages stay.
    /// - Returns: how many messages went.
    @discardableResult
    public func purgeQueue(_ name: String) async throws(RabbitMQError) -> Int {
        let reply = try await connection.call(.queuePurge(name: name), on: self)
        guard case .queuePurgeOk(let count) = reply else { throw unexpected(reply) }
        return count
    }

    // MARK: - Exchanges

    /// Creates the exchange, or confirms that it exists just so.
    ///
    /// - Throws: `channelClosed` with reply code 406 where an exchange of this name exists with other properties; the
    ///   message names what differs.
    public func declare(_ exchange: ExchangeDeclaration) async throws(RabbitMQError) {
        let reply = try await connection.call(.exchangeDeclare(exchange, isPassive: false), on: self)
        guard reply == .exchangeDeclareOk else { throw unexpected(reply) }
    }

    /// Asks whether the exchange exists: AMQP's passive declare.
    ///
    /// - Throws: `channelClosed` with reply code 404 where it does not.
    public func checkExchange(_ name: String) async throws(RabbitMQError) {
        let reply = try await connection.call(
            .exchangeDeclare(ExchangeDeclaration(name: name), isPassive: true),
            on: self
        )
        guard reply == .exchangeDeclareOk else { throw unexpected(reply) }
    }

    /// Deletes an exchange with its bindings; one that does not exist is deleted enough.
    public func deleteExchange(_ name: String) async throws(RabbitMQError) {
        let reply = try await connection.call(.exchangeDelete(name: name), on: self)
        guard reply == .exchangeDeleteOk else { throw unexpected(reply) }
    }

    /// Lets the queue receive from the exchange.
    ///
    /// - Throws: `channelClosed` with reply code 404 where either does not exist.
    public func bind(_ binding: QueueBinding) async throws(RabbitMQError) {
        let reply = try await connection.call(.queueBind(binding), on: self)
        guard reply == .queueBindOk else { throw unexpected(reply) }
    }

    /// Ends a binding.
    public func unbind(_ binding: QueueBinding) async throws(RabbitMQError) {
        let reply = try await connection.call(.queueUnbind(binding), on: self)
        guard reply == .queueUnbindOk else { throw unexpected(reply) }
    }
}
