import RabbitMQ

extension FieldTable {
    /// Sets a value as RabbitMQ does in a message's headers, which leaves them sorted by their keys.
    mutating func setSorted(_ key: String, _ value: FieldValue) {
        self[key] = value
        sort()
    }

    /// Sorts by key; entries of the same key keep their order.
    mutating func sort() {
        entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// The texts of an array of them, such as the CC header; nil where there is none.
    func texts(_ key: String) -> [String]? {
        guard case .array(let values) = self[key] else { return nil }
        return values.compactMap(\.text)
    }
}

extension FieldValue {
    /// What RabbitMQ calls the kind in its errors.
    var kindName: String {
        switch self {
        case .bool: "bool"
        case .int8: "byte"
        case .uint8: "unsignedbyte"
        case .int16: "short"
        case .uint16: "unsignedshort"
        case .int32: "signedint"
        case .uint32: "unsignedint"
        case .int64: "long"
        case .uint64: "unsignedlong"
        case .float: "float"
        case .double: "double"
        case .decimal: "decimal"
        case .string, .octets: "longstr"
        case .bytes: "binary"
        case .timestamp: "timestamp"
        case .table: "table"
        case .array: "array"
        case .void: "void"
        }
    }

    /// The value as it stands in RabbitMQ's errors.
    var words: String {
        switch self {
        case .bool(let value): "\(value)"
        case .float(let value): "\(value)"
        case .double(let value): "\(value)"
        default: text ?? integer.map { "\($0)" } ?? kindName
        }
    }
}
