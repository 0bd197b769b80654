/// One AMQP frame, copied out of the C library's memory.
enum Frame {
    case method(channel: UInt16, Method)
    case header(channel: UInt16, bodySize: UInt64, MessageProperties)
    case body(channel: UInt16, [UInt8])
    /// Heartbeats and kinds nobody needs: librabbitmq hands queued heartbeats (type 8) to its caller, against
    /// its own header's note.
    case ignored
}

/// A method the broker sends.
enum Method: Equatable {
    case channelOpenOk
    case channelClose(CloseReason)
    case channelCloseOk
    case connectionClose(CloseReason)
    case connectionCloseOk
    case connectionBlocked(reason: String)
    case connectionUnblocked
    case queueDeclareOk(QueueStatus)
    case queueDeleteOk(messageCount: Int)
    case queuePurgeOk(messageCount: Int)
    case confirmSelectOk
    case basicQosOk
    case basicConsumeOk(consumerTag: String)
    case basicCancelOk(consumerTag: String)
    /// The broker's own cancel: the queue is gone.
    case basicCancel(consumerTag: String)
    case basicDeliver(Deliver)
    case basicReturn(Return)
    case basicAck(deliveryTag: UInt64, throughTag: Bool)
    case basicNack(deliveryTag: UInt64, throughTag: Bool)
    case unknown(id: UInt32)

    struct CloseReason: Equatable {
        var code: UInt16
        var text: String
    }

    struct Deliver: Equatable {
        var consumerTag: String
        var deliveryTag: UInt64
        var isRedelivered: Bool
        var exchange: String
        var routingKey: String
    }

    struct Return: Equatable {
        var reason: ReturnReason
        var exchange: String
        var routingKey: String
    }
}

/// Something to send. Publishes wait while the broker has the connection blocked; the rest does not.
enum Command {
    case channelOpen
    case channelClose
    case channelCloseOk
    case connectionClose
    case connectionCloseOk
    case queueDeclare(QueueDeclaration, isPassive: Bool)
    case queueDelete(name: String)
    case queuePurge(name: String)
    case confirmSelect
    case basicQos(prefetchCount: UInt16)
    case basicConsume(queue: String, consumerTag: String, mode: ConsumeMode)
    case basicCancel(consumerTag: String)
    case basicAck(deliveryTag: UInt64)
    case basicReject(deliveryTag: UInt64, requeue: Bool)
    case publish(OutgoingMessage)
}

/// A message on its way out, with where it goes.
struct OutgoingMessage {
    var message: Message
    var exchange: String
    var routingKey: String
    var isMandatory: Bool
}
