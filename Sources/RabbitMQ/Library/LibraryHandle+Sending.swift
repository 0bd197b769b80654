internal import CRabbitMQ
internal import Glibc

extension LibraryHandle {
    /// Sends one command on a channel; nothing here waits for the broker's answer.
    ///
    /// Ask ``isWritable`` first. After an error the frame may be half written, so the connection must be destroyed.
    mutating func send(_ command: Command, channel: UInt16) throws(RabbitMQError) {
        arena.reset()
        switch command {
        case .channelOpen:
            var method = unsafe amqp_channel_open_t(out_of_band: amqp_empty_bytes)
            try unsafe send(AMQP_CHANNEL_OPEN_METHOD, &method, channel)
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
        case .queueDeclare(let queue, let isPassive):
            var method = unsafe amqp_queue_declare_t()
            unsafe method.queue = arena.bytes(queue.name)
            unsafe method.passive = isPassive ? 1 : 0
            unsafe method.durable = queue.isDurable ? 1 : 0
            unsafe method.exclusive = queue.isExclusive ? 1 : 0
            unsafe method.auto_delete = queue.isAutoDeleted ? 1 : 0
            unsafe method.arguments = arena.table(queue.arguments)
            try unsafe send(AMQP_QUEUE_DECLARE_METHOD, &method, channel)
        case .queueDelete(let name):
            var method = unsafe amqp_queue_delete_t()
            unsafe method.queue = arena.bytes(name)
            try unsafe send(AMQP_QUEUE_DELETE_METHOD, &method, channel)
        case .queuePurge(let name):
            var method = unsafe amqp_queue_purge_t()
            unsafe method.queue = arena.bytes(name)
            try unsafe send(AMQP_QUEUE_PURGE_METHOD, &method, channel)
        case .confirmSelect:
            var method = amqp_confirm_select_t(nowait: 0)
            try unsafe send(AMQP_CONFIRM_SELECT_METHOD, &method, channel)
        case .basicQos(let prefetchCount):
            var method = amqp_basic_qos_t(prefetch_size: 0, prefetch_count: prefetchCount, global: 0)
            try unsafe send(AMQP_BASIC_QOS_METHOD, &method, channel)
        case .basicConsume(let queue, let consumerTag, let mode):
            var method = unsafe amqp_basic_consume_t()
            unsafe method.queue = arena.bytes(queue)
            unsafe method.consumer_tag = arena.bytes(consumerTag)
            unsafe method.no_ack = mode == .automaticAcknowledgement ? 1 : 0
            unsafe method.arguments = amqp_empty_table
            try unsafe send(AMQP_BASIC_CONSUME_METHOD, &method, channel)
        case .basicCancel(let consumerTag):
            var method = unsafe amqp_basic_cancel_t()
            unsafe method.consumer_tag = arena.bytes(consumerTag)
            try unsafe send(AMQP_BASIC_CANCEL_METHOD, &method, channel)
        case .basicAck(let deliveryTag):
            var method = amqp_basic_ack_t(delivery_tag: deliveryTag, multiple: 0)
            try unsafe send(AMQP_BASIC_ACK_METHOD, &method, channel)
        case .basicReject(let deliveryTag, let requeue):
            var method = amqp_basic_reject_t(delivery_tag: deliveryTag, requeue: requeue ? 1 : 0)
            try unsafe send(AMQP_BASIC_REJECT_METHOD, &method, channel)
        case .publish(let outgoing):
            try publish(outgoing, channel: channel)
        }
    }

    private func send(
        _ id: amqp_method_number_t,
        _ method: UnsafeMutableRawPointer,
        _ channel: UInt16
    ) throws(RabbitMQError) {
        let status = unsafe amqp_send_method(connection, channel, id, method)
        guard status == AMQP_STATUS_OK.rawValue else { throw RabbitMQError(status: status, while: "sending") }
    }

    private mutating func publish(_ outgoing: OutgoingMessage, channel: UInt16) throws(RabbitMQError) {
        var properties = unsafe arena.properties(outgoing.message.properties)
        let exchange = unsafe arena.bytes(outgoing.exchange)
        let routingKey = unsafe arena.bytes(outgoing.routingKey)
        let status = unsafe outgoing.message.body.withUnsafeBytes { body in
            // The library only reads the body; its type has no const.
            let bytes = unsafe amqp_bytes_t(
                len: body.count,
                bytes: UnsafeMutableRawPointer(mutating: body.baseAddress)
            )
            return unsafe amqp_basic_publish(
                connection,
                channel,
                exchange,
                routingKey,
                outgoing.isMandatory ? 1 : 0,
                0,
                &properties,
                bytes
            )
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw RabbitMQError(status: status, while: "publishing") }
        // librabbitmq 0.11 marks the last frame with MSG_MORE where the body fills its frames exactly, and the
        // kernel then holds it back for up to 200 ms. Setting TCP_NODELAY again pushes it out.
        let bodyFrameByteCount = frameByteCount - 8
        let bodyByteCount = outgoing.message.body.count
        if bodyByteCount > 0, bodyByteCount % bodyFrameByteCount == 0 {
            var on: Int32 = 1
            unsafe _ = setsockopt(
                descriptor,
                Int32(IPPROTO_TCP),
                TCP_NODELAY,
                &on,
                socklen_t(MemoryLayout<Int32>.size)
            )
        }
    }
}
