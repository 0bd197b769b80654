internal import CRabbitMQ
internal import Glibc

extension LibraryHandle {
    /// The next frame that is here already, copied out; nil when there is none.
    ///
    /// Only `amqp_simple_wait_frame_noblock` is used to read: `amqp_consume_message` waits without limit for the
    /// rest of a message, and `amqp_read_message` drops frames of other channels (`amqp_simple_wait_frame_on_channel`).
    /// Call it until it returns nil before waiting on the socket: frames hide in the library's own buffers, where
    /// `poll` does not see them. It also sends and checks heartbeats, so it must be called twice per interval.
    mutating func nextFrame() throws(RabbitMQError) -> Frame? {
        var frame = unsafe amqp_frame_t()
        var noWait = timeval(tv_sec: 0, tv_usec: 0)
        let status = unsafe amqp_simple_wait_frame_noblock(connection, &frame, &noWait)
        guard status != AMQP_STATUS_TIMEOUT.rawValue else { return nil }
        guard status == AMQP_STATUS_OK.rawValue else {
            throw RabbitMQError(status: status, while: "reading")
        }
        // Everything below copies; then the memory goes back, or every message would stay until the end.
        defer { unsafe amqp_maybe_release_buffers_on_channel(connection, frame.channel) }
        switch Int32(unsafe frame.frame_type) {
        case AMQP_FRAME_METHOD:
            return unsafe .method(channel: frame.channel, Method(copying: frame.payload.method))
        case AMQP_FRAME_HEADER:
            let properties = unsafe frame.payload.properties
            guard unsafe properties.class_id == AMQP_BASIC_CLASS, let decoded = unsafe properties.decoded else {
                return .ignored
            }
            let basic = unsafe decoded.load(as: amqp_basic_properties_t.self)
            return unsafe .header(
                channel: frame.channel,
                bodySize: properties.body_size,
                MessageProperties(copying: basic)
            )
        case AMQP_FRAME_BODY:
            return unsafe .body(channel: frame.channel, [UInt8](copying: frame.payload.body_fragment))
        default:
            return .ignored
        }
    }
}

extension Method {
    fileprivate init(copying method: amqp_method_t) {
        let id = unsafe method.id
        guard let decoded = unsafe method.decoded else {
            self = .unknown(id: id)
            return
        }
        // SAFETY: `decoded` points at the struct that belongs to `id`, filled by amqp_decode_method.
        switch id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = unsafe decoded.load(as: amqp_basic_deliver_t.self)
            self = unsafe .basicDeliver(
                Deliver(
                    consumerTag: String(copying: unsafe deliver.consumer_tag),
                    deliveryTag: unsafe deliver.delivery_tag,
                    isRedelivered: unsafe deliver.redelivered != 0,
                    exchange: String(copying: unsafe deliver.exchange),
                    routingKey: String(copying: unsafe deliver.routing_key)
                )
            )
        case AMQP_BASIC_ACK_METHOD:
            let ack = unsafe decoded.load(as: amqp_basic_ack_t.self)
            self = .basicAck(deliveryTag: ack.delivery_tag, throughTag: ack.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let nack = unsafe decoded.load(as: amqp_basic_nack_t.self)
            self = .basicNack(deliveryTag: nack.delivery_tag, throughTag: nack.multiple != 0)
        case AMQP_BASIC_RETURN_METHOD:
            let returned = unsafe decoded.load(as: amqp_basic_return_t.self)
            let reason = unsafe ReturnReason(
                code: unsafe returned.reply_code,
                text: String(copying: unsafe returned.reply_text)
            )
            self = unsafe .basicReturn(
                Return(
                    reason: reason,
                    exchange: String(copying: unsafe returned.exchange),
                    routingKey: String(copying: unsafe returned.routing_key)
                )
            )
        case AMQP_BASIC_GET_OK_METHOD:
            let ok = unsafe decoded.load(as: amqp_basic_get_ok_t.self)
            self = unsafe .basicGetOk(
                GetOk(
                    deliveryTag: unsafe ok.delivery_tag,
                    isRedelivered: unsafe ok.redelivered != 0,
                    exchange: String(copying: unsafe ok.exchange),
                    routingKey: String(copying: unsafe ok.routing_key),
                    remainingCount: Int(unsafe ok.message_count)
                )
            )
        case AMQP_BASIC_GET_EMPTY_METHOD: self = .basicGetEmpty
        case AMQP_BASIC_QOS_OK_METHOD: self = .basicQosOk
        case AMQP_BASIC_CONSUME_OK_METHOD:
            let ok = unsafe decoded.load(as: amqp_basic_consume_ok_t.self)
            self = unsafe .basicConsumeOk(consumerTag: String(copying: unsafe ok.consumer_tag))
        case AMQP_BASIC_CANCEL_OK_METHOD:
            let ok = unsafe decoded.load(as: amqp_basic_cancel_ok_t.self)
            self = unsafe .basicCancelOk(consumerTag: String(copying: unsafe ok.consumer_tag))
        case AMQP_BASIC_CANCEL_METHOD:
            let cancel = unsafe decoded.load(as: amqp_basic_cancel_t.self)
            self = unsafe .basicCancel(consumerTag: String(copying: unsafe cancel.consumer_tag))
        case AMQP_CONFIRM_SELECT_OK_METHOD: self = .confirmSelectOk
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let ok = unsafe decoded.load(as: amqp_queue_declare_ok_t.self)
            self = unsafe .queueDeclareOk(
                QueueStatus(
                    name: String(copying: unsafe ok.queue),
                    readyCount: Int(unsafe ok.message_count),
                    consumerCount: Int(unsafe ok.consumer_count)
                )
            )
        case AMQP_EXCHANGE_DECLARE_OK_METHOD: self = .exchangeDeclareOk
        case AMQP_EXCHANGE_DELETE_OK_METHOD: self = .exchangeDeleteOk
        case AMQP_QUEUE_BIND_OK_METHOD: self = .queueBindOk
        case AMQP_QUEUE_UNBIND_OK_METHOD: self = .queueUnbindOk
        case AMQP_QUEUE_DELETE_OK_METHOD:
            self = .queueDeleteOk(
                messageCount: Int(unsafe decoded.load(as: amqp_queue_delete_ok_t.self).message_count)
            )
        case AMQP_QUEUE_PURGE_OK_METHOD:
            self = .queuePurgeOk(messageCount: Int(unsafe decoded.load(as: amqp_queue_purge_ok_t.self).message_count))
        case AMQP_CHANNEL_OPEN_OK_METHOD: self = .channelOpenOk
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = unsafe decoded.load(as: amqp_channel_close_t.self)
            self = unsafe .channelClose(
                CloseReason(code: unsafe close.reply_code, text: String(copying: unsafe close.reply_text))
            )
        case AMQP_CHANNEL_CLOSE_OK_METHOD: self = .channelCloseOk
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = unsafe decoded.load(as: amqp_connection_close_t.self)
            self = unsafe .connectionClose(
                CloseReason(code: unsafe close.reply_code, text: String(copying: unsafe close.reply_text))
            )
        case AMQP_CONNECTION_CLOSE_OK_METHOD: self = .connectionCloseOk
        case AMQP_CONNECTION_BLOCKED_METHOD:
            let blocked = unsafe decoded.load(as: amqp_connection_blocked_t.self)
            self = unsafe .connectionBlocked(reason: String(copying: unsafe blocked.reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: self = .connectionUnblocked
        default: self = .unknown(id: id)
        }
    }
}
