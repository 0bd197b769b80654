internal import CRabbitMQ

/// A short string: invalid UTF-8 is repaired, and what grows beyond AMQP's 255 bytes by that is cut, so that the
/// message can be published again.
private func shortString(_ bytes: amqp_bytes_t) -> String {
    let text = unsafe String(copying: bytes)
    return text.utf8.count <= 255 ? text : String(decoding: text.utf8.prefix(252), as: UTF8.self)
}

extension MessageProperties {
    /// Copies properties out of librabbitmq's memory: only those whose flag is set, for the rest is uninitialised.
    init(copying properties: amqp_basic_properties_t) {
        let flags = unsafe properties._flags
        func isSet(_ flag: Int32) -> Bool { flags & amqp_flags_t(flag) != 0 }
        self.init()
        if isSet(AMQP_BASIC_CONTENT_TYPE_FLAG) { contentType = unsafe shortString(unsafe properties.content_type) }
        if isSet(AMQP_BASIC_CONTENT_ENCODING_FLAG) {
            contentEncoding = unsafe shortString(unsafe properties.content_encoding)
        }
        if isSet(AMQP_BASIC_HEADERS_FLAG) { headers = unsafe FieldTable(copying: unsafe properties.headers) }
        if isSet(AMQP_BASIC_DELIVERY_MODE_FLAG) {
            deliveryMode = DeliveryMode(rawValue: unsafe properties.delivery_mode)
        }
        if isSet(AMQP_BASIC_PRIORITY_FLAG) { priority = unsafe properties.priority }
        if isSet(AMQP_BASIC_CORRELATION_ID_FLAG) {
            correlationID = unsafe shortString(unsafe properties.correlation_id)
        }
        if isSet(AMQP_BASIC_REPLY_TO_FLAG) { replyTo = unsafe shortString(unsafe properties.reply_to) }
        if isSet(AMQP_BASIC_EXPIRATION_FLAG) { expiration = unsafe shortString(unsafe properties.expiration) }
        if isSet(AMQP_BASIC_MESSAGE_ID_FLAG) { messageID = unsafe shortString(unsafe properties.message_id) }
        if isSet(AMQP_BASIC_TIMESTAMP_FLAG) { timestamp = unsafe properties.timestamp }
        if isSet(AMQP_BASIC_TYPE_FLAG) { type = unsafe shortString(unsafe properties.type) }
        if isSet(AMQP_BASIC_USER_ID_FLAG) { userID = unsafe shortString(unsafe properties.user_id) }
        if isSet(AMQP_BASIC_APP_ID_FLAG) { appID = unsafe shortString(unsafe properties.app_id) }
    }
}

extension ByteArena {
    /// Properties for one C call.
    mutating func properties(_ properties: MessageProperties) -> amqp_basic_properties_t {
        var result = unsafe amqp_basic_properties_t()
        func flag(_ flag: Int32) { unsafe result._flags |= amqp_flags_t(flag) }
        if let value = properties.contentType {
            flag(AMQP_BASIC_CONTENT_TYPE_FLAG)
            unsafe result.content_type = bytes(value)
        }
        if let value = properties.contentEncoding {
            flag(AMQP_BASIC_CONTENT_ENCODING_FLAG)
            unsafe result.content_encoding = bytes(value)
        }
        if let value = properties.headers {
            flag(AMQP_BASIC_HEADERS_FLAG)
            unsafe result.headers = table(value)
        }
        if let value = properties.deliveryMode {
            flag(AMQP_BASIC_DELIVERY_MODE_FLAG)
            unsafe result.delivery_mode = value.rawValue
        }
        if let value = properties.priority {
            flag(AMQP_BASIC_PRIORITY_FLAG)
            unsafe result.priority = value
        }
        if let value = properties.correlationID {
            flag(AMQP_BASIC_CORRELATION_ID_FLAG)
            unsafe result.correlation_id = bytes(value)
        }
        if let value = properties.replyTo {
            flag(AMQP_BASIC_REPLY_TO_FLAG)
            unsafe result.reply_to = bytes(value)
        }
        if let value = properties.expiration {
            flag(AMQP_BASIC_EXPIRATION_FLAG)
            unsafe result.expiration = bytes(value)
        }
        if let value = properties.messageID {
            flag(AMQP_BASIC_MESSAGE_ID_FLAG)
            unsafe result.message_id = bytes(value)
        }
        if let value = properties.timestamp {
            flag(AMQP_BASIC_TIMESTAMP_FLAG)
            unsafe result.timestamp = value
        }
        if let value = properties.type {
            flag(AMQP_BASIC_TYPE_FLAG)
            unsafe result.type = bytes(value)
        }
        if let value = properties.userID {
            flag(AMQP_BASIC_USER_ID_FLAG)
            unsafe result.user_id = bytes(value)
        }
        if let value = properties.appID {
            flag(AMQP_BASIC_APP_ID_FLAG)
            unsafe result.app_id = bytes(value)
        }
        return unsafe result
    }
}
