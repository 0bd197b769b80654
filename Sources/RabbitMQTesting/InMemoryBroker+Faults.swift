public import RabbitMQ

/// What goes wrong with brokers, at will. Each says what a client sees of it.
extension InMemoryBroker {
    /// Closes every connection as an operator would.
    ///
    /// Connections end with `RabbitMQError.Code.closedByBroker` and the reply code; 320 is worth a retry. What was not
    /// acknowledged goes back to its queue, and publishes without an answer are in doubt. New connections are let in.
    public func closeConnections(replyCode: UInt16 = 320, text: String = "CONNECTION_FORCED - closed by the test") {
        change { model in
            for session in model.openSessions { model.close(session, .init(code: replyCode, text: text)) }
        }
    }

    /// Cuts every connection without a goodbye, as a failing network does.
    ///
    /// Connections end with `RabbitMQError.Code.connectionLost`, and what the broker had said and they had not read is
    /// lost. What was not acknowledged goes back to its queue, and publishes without an answer are in doubt. New
    /// connections are let in.
    public func dropConnections() {
        change { model in
            for session in model.openSessions { model.cut(session) }
        }
    }

    /// Stops the broker as if its node were shut down, until ``start()``.
    ///
    /// Connections end with `RabbitMQError.Code.closedByBroker` and 320, and new ones with
    /// `RabbitMQError.Code.unreachable`. Durable queues and exchanges survive, and in them persistent messages, or all
    /// where the queue is a quorum queue; everything else is gone. It ends an alarm.
    public func stop() {
        change { $0.stop() }
    }

    /// Starts the broker again after ``stop()``.
    public func start() {
        change { $0.isRunning = true }
    }

    /// Raises an alarm, as a node short of memory or disk does, until ``unblock()``.
    ///
    /// A connection that publishes from now on is told `ConnectionEvent.blocked(reason:)`, and nothing more is read
    /// from it: that publish, and whatever is asked after it, waits. Connections that do not publish notice nothing.
    public func block(reason: String = "low on memory") {
        change { $0.alarm = reason }
    }

    /// Lifts the alarm: blocked connections are told `ConnectionEvent.unblocked`, and what they said meanwhile is read.
    public func unblock() {
        change { $0.unblock() }
    }

    /// Keeps what there is to say of publishes, until ``releaseConfirms()``.
    ///
    /// Messages are routed, but nobody learns of it: a publish waits, for `ConnectionConfiguration.replyTimeout` at
    /// most. Where its channel or connection ends first it is in doubt, and in its queue.
    public func holdConfirms() {
        change { $0.areConfirmsHeld = true }
    }

    /// Says what there is to say of publishes since ``holdConfirms()``.
    public func releaseConfirms() {
        change { model in
            model.areConfirmsHeld = false
            for session in model.openSessions { model.awake(session) }
        }
    }

    /// Lets the time run out that a consumer of this queue has to acknowledge (RabbitMQ's `consumer_timeout`).
    ///
    /// Every channel that holds a delivery of it is closed: its consumers end with
    /// `RabbitMQError.Code.channelClosed`, for which `RabbitMQError.isAcknowledgementTimeout` is true, and all it held
    /// goes back.
    public func expireAcknowledgements(ofQueue queue: String) {
        change { $0.expireAcknowledgements(of: queue) }
    }

    /// Refuses logins with this code, until ``acceptLogins()``. Open connections go on.
    ///
    /// `Connection.open` throws it: `RabbitMQError.Code.accessRefused` with reply code 403 and
    /// `RabbitMQError.Code.virtualHostRefused` with 530, as a node; any other without one.
    public func refuseLogins(_ code: RabbitMQError.Code) {
        change { $0.loginRefusal = code }
    }

    /// Lets everybody in again after ``refuseLogins(_:)``.
    public func acceptLogins() {
        change { $0.loginRefusal = nil }
    }
}
