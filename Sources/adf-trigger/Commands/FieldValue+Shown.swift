internal import RabbitMQ

extension MessageProperties {
    /// The properties that are set, but for the headers, under their AMQP names.
    var named: [String: String] {
        let values: [(String, String?)] = [
            ("content-type", contentType), ("content-encoding", contentEncoding),
            ("delivery-mode", deliveryMode.map { "\($0.rawValue)" }), ("priority", priority.map { "\($0)" }),
            ("correlation-id", correlationID), ("reply-to", replyTo), ("expiration", expiration),
            ("message-id", messageID), ("timestamp", timestamp.map { "\($0)" }), ("type", type), ("user-id", userID),
            ("app-id", appID),
        ]
        return Dictionary(values.compactMap { name, value in value.map { (name, $0) } }, uniquingKeysWith: { $1 })
    }
}

extension FieldValue {
    /// As text, for people. Bounded by the frame that all headers of a message share.
    var shown: String {
        if let text { return text }
        if let integer { return "\(integer)" }
        switch self {
        case .bool(let value): return "\(value)"
        case .float(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .uint64(let value), .timestamp(let value): return "\(value)"
        case .decimal(let scale, let value): return "\(value)e-\(scale)"
        case .octets(let bytes), .bytes(let bytes): return "\(bytes.count) bytes"
        case .table(let table):
            return "{\(table.entries.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", "))}"
        case .array(let values): return "[\(values.map(\.shown).joined(separator: ", "))]"
        default: return "-"
        }
    }
}
