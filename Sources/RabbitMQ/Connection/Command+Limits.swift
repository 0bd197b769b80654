/// What fits on the wire, checked before anything is sent.
///
/// librabbitmq notices an over-long property only after it has sent the method, which breaks the connection (505),
/// and cuts the length of an over-long header key without a word, which makes the broker drop it (541).
extension OutgoingMessage {
    /// - Returns: how many bytes the content header takes.
    func checkLimits(frameByteCount: Int) throws(RabbitMQError) -> Int {
        try checkShortString(exchange, "exchange name")
        try checkShortString(routingKey, "routing key")
        let properties = message.properties
        // Class, weight, body size and flags, then delivery mode, priority and timestamp at most.
        var byteCount = 2 + 2 + 8 + 2 + 1 + 1 + 8
        byteCount += try shortStringByteCount(properties.contentType, "content-type")
        byteCount += try shortStringByteCount(properties.contentEncoding, "content-encoding")
        byteCount += try shortStringByteCount(properties.correlationID, "correlation-id")
        byteCount += try shortStringByteCount(properties.replyTo, "reply-to")
        byteCount += try shortStringByteCount(properties.expiration, "expiration")
        byteCount += try shortStringByteCount(properties.messageID, "message-id")
        byteCount += try shortStringByteCount(properties.type, "type")
        byteCount += try shortStringByteCount(properties.userID, "user-id")
        byteCount += try shortStringByteCount(properties.appID, "app-id")
        if let headers = properties.headers { byteCount += try headers.encodedByteCount(depth: 1) }
        // A header must fit one frame; 8 bytes of each frame are its own.
        guard byteCount <= frameByteCount - 8 else {
            throw RabbitMQError(
                .invalidArgument,
                "the message's properties take \(byteCount) bytes, and at most \(frameByteCount - 8) fit one frame"
            )
        }
        return byteCount
    }
}

extension Command {
    /// Checks everything that could break the connection when it is sent.
    func checkLimits(frameByteCount: Int) throws(RabbitMQError) {
        switch self {
        case .exchangeDeclare(let exchange, _):
            try checkMethod(
                [(exchange.name, "exchange name"), (exchange.kind.name, "exchange's kind")],
                exchange.arguments,
                frameByteCount
            )
        case .exchangeDelete(let name):
            try checkShortString(name, "exchange name")
        case .queueDeclare(let queue, _):
            try checkMethod([(queue.name, "queue name")], queue.arguments, frameByteCount)
        case .queueBind(let binding), .queueUnbind(let binding):
            let names = [
                (binding.queue, "queue name"), (binding.exchange, "exchange name"), (binding.routingKey, "routing key"),
            ]
            try checkMethod(names, binding.arguments, frameByteCount)
        case .queueDelete(let name), .queuePurge(let name), .basicGet(let name, _):
            try checkShortString(name, "queue name")
        case .basicConsume(let consumer):
            let names = [(consumer.queue, "queue name"), (consumer.consumerTag, "consumer tag")]
            try checkMethod(names, consumer.arguments, frameByteCount)
        case .basicCancel(let consumerTag):
            try checkShortString(consumerTag, "consumer tag")
        case .basicPublish(let outgoing):
            _ = try outgoing.checkLimits(frameByteCount: frameByteCount)
        default:
            break
        }
    }

    /// A method must fit one frame: class and method, a reserved number, texts, flags and arguments.
    private func checkMethod(
        _ texts: [(String, String)],
        _ arguments: FieldTable,
        _ frameByteCount: Int
    ) throws(RabbitMQError) {
        var byteCount = 2 + 2 + 2 + 1
        for (text, name) in texts { byteCount += try shortStringByteCount(text, name) }
        byteCount += try arguments.encodedByteCount(depth: 1)
        guard byteCount <= frameByteCount - 8 else {
            throw RabbitMQError(
                .invalidArgument,
                "names and arguments take \(byteCount) bytes, and at most \(frameByteCount - 8) fit one frame"
            )
        }
    }
}

private func shortStringByteCount(_ text: String?, _ name: String) throws(RabbitMQError) -> Int {
    guard let text else { return 0 }
    try checkShortString(text, name)
    return 1 + text.utf8.count
}

private func checkShortString(_ text: String, _ name: String) throws(RabbitMQError) {
    guard text.utf8.count <= 255 else {
        throw RabbitMQError(.invalidArgument, "the \(name) has \(text.utf8.count) bytes, and AMQP allows 255")
    }
}

extension FieldTable {
    fileprivate func encodedByteCount(depth: Int) throws(RabbitMQError) -> Int {
        guard depth <= Self.maximumDepth else {
            throw RabbitMQError(.invalidArgument, "a table nests deeper than \(Self.maximumDepth) levels")
        }
        var byteCount = 4
        for entry in entries {
            guard entry.key.utf8.count <= 255 else {
                throw RabbitMQError(
                    .invalidArgument,
                    "a header's name has \(entry.key.utf8.count) bytes, and AMQP allows 255"
                )
            }
            byteCount += 1 + entry.key.utf8.count
            byteCount += try entry.value.encodedByteCount(depth: depth)
        }
        return byteCount
    }
}

extension FieldValue {
    fileprivate func encodedByteCount(depth: Int) throws(RabbitMQError) -> Int {
        switch self {
        case .void: return 1
        case .bool, .int8, .uint8: return 1 + 1
        case .int16, .uint16: return 1 + 2
        case .int32, .uint32, .float: return 1 + 4
        case .int64, .uint64, .double, .timestamp: return 1 + 8
        case .decimal: return 1 + 5
        case .string(let text): return 1 + 4 + text.utf8.count
        case .octets(let bytes), .bytes(let bytes): return 1 + 4 + bytes.count
        case .table(let table): return 1 + (try table.encodedByteCount(depth: depth + 1))
        case .array(let values):
            guard depth < FieldTable.maximumDepth else {
                throw RabbitMQError(.invalidArgument, "an array nests deeper than \(FieldTable.maximumDepth) levels")
            }
            var byteCount = 1 + 4
            for value in values { byteCount += try value.encodedByteCount(depth: depth + 1) }
            return byteCount
        }
    }
}
