/// Something to send. Publishes wait while the broker has the connection blocked; the rest does not.
package enum Command: Sendable {
    case channelOpen
    case channelClose
    case channelCloseOk
    case connectionClose
    case connectionCloseOk
    case exchangeDeclare(ExchangeDeclaration, isPassive: Bool)
    case exchangeDelete(name: String)
    case queueDeclare(QueueDeclaration, isPassive: Bool)
    case queueBind(QueueBinding)
    case queueUnbind(QueueBinding)
    case queueDelete(name: String)
    case queuePurge(name: String)
    case confirmSelect
    case basicQos(prefetchCount: UInt16)
    case basicConsume(ConsumerDeclaration)
    case basicCancel(consumerTag: String)
    case basicGet(queue: String, mode: ConsumeMode)
    case basicAck(deliveryTag: UInt64, throughTag: Bool)
    case basicNack(deliveryTag: UInt64, throughTag: Bool, requeue: Bool)
    case basicReject(deliveryTag: UInt64, requeue: Bool)
    case basicPublish(OutgoingMessage)
}

/// A message on its way out, with where it goes.
package struct OutgoingMessage: Sendable {
    package var message: Message
    package var exchange: String
    package var routingKey: String
    package var isMandatory: Bool
    /// How many bytes its properties take on the wire; 0 before that is known.
    package var headerByteCount = 0

    package init(message: Message, exchange: String, routingKey: String, isMandatory: Bool) {
        self.message = message
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
    }
}
