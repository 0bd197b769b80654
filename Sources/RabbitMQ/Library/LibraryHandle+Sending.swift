internal import CRabbitMQ
internal import Glibc

extension LibraryHandle {
    /// Bodies above this go out in pieces of this size, each only when the socket has room: 32 KiB, about a third of the
    /// buffer of a fresh socket, which is the room Linux promises by calling it writable. librabbitmq would send all of
    /// a large body in one call that waits for the peer as long as it takes, while nothing is read.
    static let pieceByteCount = 32 << 10

    /// Sends one command on a channel; nothing here waits for the broker's answer.
    ///
    /// Ask ``isWritable`` first. After an error the frame may be half written, so the connection must be destroyed.
    ///
    /// - Returns: what is left to send, by ``send(_:)``, before anything else may be sent.
    mutating func send(_ command: Command, channel: UInt16) throws(RabbitMQError) -> UnsentBody? {
        arena.reset()
        if case .basicPublish(let outgoing) = command { return try publish(outgoing, channel: channel) }
        try sendMethod(of: command, channel)
        return nil
    }

    /// Sends the next piece of a body. Ask ``isWritable`` first.
    ///
    /// - Returns: what is left.
    mutating func send(_ unsent: UnsentBody) throws(RabbitMQError) -> UnsentBody? {
        let start = unsent.sentByteCount
        let end = min(start + min(Self.pieceByteCount, frameByteCount - 8), unsent.body.count)
        let status = unsafe unsent.body.withUnsafeBytes { body in
            var frame = unsafe amqp_frame_t()
            unsafe frame.frame_type = UInt8(AMQP_FRAME_BODY)
            unsafe frame.channel = unsent.channel
            // The library only reads the body; its type has no const.
            unsafe frame.payload.body_fragment = amqp_bytes_t(
                len: end - start,
                bytes: UnsafeMutableRawPointer(mutating: body.baseAddress.map { unsafe $0 + start })
            )
            return unsafe amqp_send_frame(connection, &frame)
        }
        try check(status)
        return end < unsent.body.count
            ? UnsentBody(channel: unsent.channel, body: unsent.body, sentByteCount: end) : nil
    }

    // MARK: - Methods

    private mutating func sendMethod(of command: Command, _ channel: UInt16) throws(RabbitMQError) {
        switch command {
        case .channelOpen, .channelClose, .channelCloseOk, .connectionClose, .connectionCloseOk:
            try sendLifeMethod(of: command, channel)
        case .exchangeDeclare, .exchangeDelete, .queueDeclare, .queueBind, .queueUnbind, .queueDelete, .queuePurge:
            try sendTopologyMethod(of: command, channel)
        default:
            try sendMessageMethod(of: command, channel)
        }
    }

    private mutating func sendLifeMethod(of command: Command, _ channel: UInt16) throws(RabbitMQError) {
        switch command {
        case .channelClose:
            var method = unsafe amqp_channel_close_t()
            unsafe method.reply_code = UInt16(AMQP_REPLY_SUCCESS)
            unsafe method.reply_text = arena.bytes("OK")
            try unsafe send(AMQP_CHANNEL_CLOSE_METHOD, &method, channel)
        case .channelCloseOk:
            var method = amqp_channel_close_ok_t()
            try unsafe send(AMQP_CHANNEL_CLOSE_OK_METHOD, &method, channel)
        case .connectionClose:
            var method = unsafe amqp_connection_close_t()
            unsafe method.reply_code = UInt16(AMQP_REPLY_SUCCESS)
            unsafe method.reply_text = arena.bytes("OK")
            try unsafe send(AMQP_CONNECTION_CLOSE_METHOD, &method, 0)
        case .connectionCloseOk:
            var method = amqp_connection_close_ok_t()
            try unsafe send(AMQP_CONNECTION_CLOSE_OK_METHOD, &method, 0)
        default:
            var method = unsafe amqp_channel_open_t(out_of_band: amqp_empty_bytes)
            try unsafe send(AMQP_CHANNEL_OPEN_METHOD, &method, channel)
        }
    }

    private mutating func sendTopologyMethod(of command: Command, _ channel: UInt16) throws(RabbitMQError) {
        switch command {
        case .exchangeDeclare(let exchange, let isPassive):
            var method = unsafe amqp_exchange_declare_t()
            unsafe method.exchange = arena.bytes(exchange.name)
            unsafe method.type = arena.bytes(exchange.kind.name)
            unsafe method.passive = isPassive ? 1 : 0
            unsafe method.durable = exchange.isDurable ? 1 : 0
            unsafe method.auto_delete = exchange.isAutoDeleted ? 1 : 0
            unsafe method.internal = exchange.isInternal ? 1 : 0
            unsafe method.arguments = arena.table(exchange.arguments)
            try unsafe send(AMQP_EXCHANGE_DECLARE_METHOD, &method, channel)
        case .exchangeDelete(let name):
            var method = unsafe amqp_exchange_delete_t()
            unsafe method.exchange = arena.bytes(name)
            try unsafe send(AMQP_EXCHANGE_DELETE_METHOD, &method, channel)
        case .queueDeclare(let queue, let isPassive):
            var method = unsafe amqp_queue_declare_t()
            unsafe method.queue = arena.bytes(queue.name)
            unsafe method.passive = isPassive ? 1 : 0
            unsafe method.durable = queue.isDurable ? 1 : 0
            unsafe method.exclusive = queue.isExclusive ? 1 : 0
            unsafe method.auto_delete = queue.isAutoDeleted ? 1 : 0
            unsafe method.arguments = arena.table(queue.arguments)
            try unsafe send(AMQP_QUEUE_DECLARE_METHOD, &method, channel)
        case .queueBind(let binding):
            var method = unsafe amqp_queue_bind_t()
            unsafe method.queue = arena.bytes(binding.queue)
            unsafe method.exchange = arena.bytes(binding.exchange)
            unsafe method.routing_key = arena.bytes(binding.routingKey)
            unsafe method.arguments = arena.table(binding.arguments)
            try unsafe send(AMQP_QUEUE_BIND_METHOD, &method, channel)
        case .queueUnbind(let binding):
            var method = unsafe amqp_queue_unbind_t()
            unsafe method.queue = arena.bytes(binding.queue)
            unsafe method.exchange = arena.bytes(binding.exchange)
            unsafe method.routing_key = arena.bytes(binding.routingKey)
            unsafe method.arguments = arena.table(binding.arguments)
            try unsafe send(AMQP_QUEUE_UNBIND_METHOD, &method, channel)
        case .queueDelete(let name):
            var method = unsafe amqp_queue_delete_t()
            unsafe method.queue = arena.bytes(name)
            try unsafe send(AMQP_QUEUE_DELETE_METHOD, &method, channel)
        case .queuePurge(let name):
            var method = unsafe amqp_queue_purge_t()
            unsafe method.queue = arena.bytes(name)
            try unsafe send(AMQP_QUEUE_PURGE_METHOD, &method, channel)
        default:
            preconditionFailure("\(command) is no method of exchanges or queues")
        }
    }

    private mutating func sendMessageMethod(of command: Command, _ channel: UInt16) throws(RabbitMQError) {
        switch command {
        case .confirmSelect:
            var method = amqp_confirm_select_t(nowait: 0)
            try unsafe send(AMQP_CONFIRM_SELECT_METHOD, &method, channel)
        case .basicQos(let prefetchCount):
            var method = amqp_basic_qos_t(prefetch_size: 0, prefetch_count: prefetchCount, global: 0)
            try unsafe send(AMQP_BASIC_QOS_METHOD, &method, channel)
        case .basicConsume(let consumer):
            var method = unsafe amqp_basic_consume_t()
            unsafe method.queue = arena.bytes(consumer.queue)
            unsafe method.consumer_tag = arena.bytes(consumer.consumerTag)
            unsafe method.no_ack = consumer.mode == .automaticAcknowledgement ? 1 : 0
            unsafe method.exclusive = consumer.isExclusive ? 1 : 0
            unsafe method.arguments = arena.table(consumer.arguments)
            try unsafe send(AMQP_BASIC_CONSUME_METHOD, &method, channel)
        case .basicCancel(let consumerTag):
            var method = unsafe amqp_basic_cancel_t()
            unsafe method.consumer_tag = arena.bytes(consumerTag)
            try unsafe send(AMQP_BASIC_CANCEL_METHOD, &method, channel)
        case .basicGet(let queue, let mode):
            var method = unsafe amqp_basic_get_t()
            unsafe method.queue = arena.bytes(queue)
            unsafe method.no_ack = mode == .automaticAcknowledgement ? 1 : 0
            try unsafe send(AMQP_BASIC_GET_METHOD, &method, channel)
        case .basicAck(let deliveryTag, let throughTag):
            var method = amqp_basic_ack_t(delivery_tag: deliveryTag, multiple: throughTag ? 1 : 0)
            try unsafe send(AMQP_BASIC_ACK_METHOD, &method, channel)
        case .basicNack(let deliveryTag, let throughTag, let requeue):
            var method = amqp_basic_nack_t(
                delivery_tag: deliveryTag,
                multiple: throughTag ? 1 : 0,
                requeue: requeue ? 1 : 0
            )
            try unsafe send(AMQP_BASIC_NACK_METHOD, &method, channel)
        case .basicReject(let deliveryTag, let requeue):
            var method = amqp_basic_reject_t(delivery_tag: deliveryTag, requeue: requeue ? 1 : 0)
            try unsafe send(AMQP_BASIC_REJECT_METHOD, &method, channel)
        default:
            preconditionFailure("\(command) is no method of messages")
        }
    }

    private func send(
        _ id: amqp_method_number_t,
        _ method: UnsafeMutableRawPointer,
        _ channel: UInt16
    ) throws(RabbitMQError) {
        try check(unsafe amqp_send_method(connection, channel, id, method))
    }

    private func check(_ status: Int32) throws(RabbitMQError) {
        guard status == AMQP_STATUS_OK.rawValue else { throw RabbitMQError(status: status, while: "sending") }
    }

    // MARK: - Messages

    private mutating func publish(
        _ outgoing: OutgoingMessage,
        channel: UInt16
    ) throws(RabbitMQError) -> UnsentBody? {
        var properties = unsafe arena.properties(outgoing.message.properties)
        var method = unsafe amqp_basic_publish_t()
        unsafe method.exchange = arena.bytes(outgoing.exchange)
        unsafe method.routing_key = arena.bytes(outgoing.routingKey)
        unsafe method.mandatory = outgoing.isMandatory ? 1 : 0
        let body = outgoing.message.body
        guard body.count <= Self.pieceByteCount else {
            try unsafe send(AMQP_BASIC_PUBLISH_METHOD, &method, channel)
            try unsafe sendHeader(&properties, bodyByteCount: body.count, channel)
            return UnsentBody(channel: channel, body: body, sentByteCount: 0)
        }
        let status = unsafe body.withUnsafeBytes { bytes in
            // The library only reads the body; its type has no const.
            unsafe amqp_basic_publish(
                connection,
                channel,
                method.exchange,
                method.routing_key,
                method.mandatory,
                0,
                &properties,
                amqp_bytes_t(len: bytes.count, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            )
        }
        try check(status)
        if !body.isEmpty, body.count % (frameByteCount - 8) == 0 { pushOut() }
        return nil
    }

    private func sendHeader(
        _ properties: inout amqp_basic_properties_t,
        bodyByteCount: Int,
        _ channel: UInt16
    ) throws(RabbitMQError) {
        let status = unsafe withUnsafeMutablePointer(to: &properties) { decoded in
            var frame = unsafe amqp_frame_t()
            unsafe frame.frame_type = UInt8(AMQP_FRAME_HEADER)
            unsafe frame.channel = channel
            unsafe frame.payload.properties.class_id = UInt16(AMQP_BASIC_CLASS)
            unsafe frame.payload.properties.body_size = UInt64(bodyByteCount)
            unsafe frame.payload.properties.decoded = UnsafeMutableRawPointer(decoded)
            return unsafe amqp_send_frame(connection, &frame)
        }
        try check(status)
    }

    /// librabbitmq 0.11 marks the last frame with MSG_MORE where the body fills its frames exactly, and the kernel then
    /// holds it back for up to 200 ms. Setting TCP_NODELAY again pushes it out.
    private func pushOut() {
        setOption(TCP_NODELAY, true)
    }

    /// Lets the kernel put small frames together until this is undone: librabbitmq sends each with a call of its own, and
    /// a confirmed reply and an acknowledgement are four segments otherwise.
    func setCork(_ isCorked: Bool) {
        setOption(TCP_CORK, isCorked)
    }

    private func setOption(_ option: Int32, _ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        unsafe _ = setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            option,
            &value,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }
}

/// A body of which a part is on the wire; nothing else may be sent before the rest.
struct UnsentBody {
    let channel: UInt16
    let body: [UInt8]
    let sentByteCount: Int
}
