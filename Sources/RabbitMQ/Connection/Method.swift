/// A method the broker sends, by its name in the AMQP 0-9-1 specification.
package enum Method: Sendable, Equatable {
    case channelOpenOk
    case channelClose(CloseReason)
    case channelCloseOk
    case connectionClose(CloseReason)
    case connectionCloseOk
    case connectionBlocked(reason: String)
    case connectionUnblocked
    case exchangeDeclareOk
    case exchangeDeleteOk
    case queueDeclareOk(QueueStatus)
    case queueBindOk
    case queueUnbindOk
    case queueDeleteOk(messageCount: Int)
    case queuePurgeOk(messageCount: Int)
    case confirmSelectOk
    case basicQosOk
    case basicConsumeOk(consumerTag: String)
    case basicCancelOk(consumerTag: String)
    /// The broker's own cancel: the queue is gone.
    case basicCancel(consumerTag: String)
    case basicDeliver(Deliver)
    case basicGetOk(GetOk)
    case basicGetEmpty
    case basicReturn(Return)
    case basicAck(deliveryTag: UInt64, throughTag: Bool)
    case basicNack(deliveryTag: UInt64, throughTag: Bool)
    case unknown(id: UInt32)

    /// Why the broker closes a channel or the connection.
    package struct CloseReason: Sendable, Equatable {
        package var code: UInt16
        package var text: String

        package init(code: UInt16, text: String) {
            self.code = code
            self.text = text
        }
    }

    /// The beginning of a delivery.
    package struct Deliver: Sendable, Equatable {
        package var consumerTag: String
        package var deliveryTag: UInt64
        package var isRedelivered: Bool
        package var exchange: String
        package var routingKey: String

        package init(
            consumerTag: String,
            deliveryTag: UInt64,
            isRedelivered: Bool,
            exchange: String,
            routingKey: String
        ) {
            self.consumerTag = consumerTag
            self.deliveryTag = deliveryTag
            self.isRedelivered = isRedelivered
            self.exchange = exchange
            self.routingKey = routingKey
        }
    }

    /// The beginning of a message that was asked for.
    package struct GetOk: Sendable, Equatable {
        package var deliveryTag: UInt64
        package var isRedelivered: Bool
        package var exchange: String
        package var routingKey: String
        /// Messages left in the queue.
        package var remainingCount: Int

        package init(
            deliveryTag: UInt64,
            isRedelivered: Bool,
            exchange: String,
            routingKey: String,
            remainingCount: Int
        ) {
            self.deliveryTag = deliveryTag
            self.isRedelivered = isRedelivered
            self.exchange = exchange
            self.routingKey = routingKey
            self.remainingCount = remainingCount
        }
    }

    /// The beginning of a message that comes back.
    package struct Return: Sendable, Equatable {
        package var reason: ReturnReason
        package var exchange: String
        package var routingKey: String

        package init(reason: ReturnReason, exchange: String, routingKey: String) {
            self.reason = reason
            self.exchange = exchange
            self.routingKey = routingKey
        }
    }
}
