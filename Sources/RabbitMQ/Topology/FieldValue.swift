/// One value of an AMQP field table: a header, a queue argument, a client property.
///
/// Every kind that RabbitMQ sends or accepts has a case of its own, so that a message which is read and
/// published again keeps the widths and kinds its publisher chose.
public indirect enum FieldValue: Sendable, Hashable {
    case bool(Bool)
    case int8(Int8)
    case uint8(UInt8)
    case int16(Int16)
    case uint16(UInt16)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case float(Float)
    case double(Double)
    /// `value` × 10^-`scale`.
    case decimal(scale: UInt8, value: UInt32)
    /// A long string that is valid UTF-8.
    case string(String)
    /// A long string that is not valid UTF-8; kept as it came.
    case octets([UInt8])
    /// The `x` kind: a byte array, which RabbitMQ itself uses for some texts.
    case bytes([UInt8])
    /// Seconds since 1970, as AMQP counts them.
    case timestamp(UInt64)
    case table(FieldTable)
    case array([FieldValue])
    /// A value without content. It also stands where nesting was deeper than ``FieldTable/maximumDepth``.
    case void
}

extension FieldValue {
    /// The text of a string, whichever of the two text kinds the sender used; nil for anything else.
    public var text: String? {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The value of any integer kind that fits; nil for anything else.
    public var integer: Int64? {
        switch self {
        case .int8(let value): Int64(value)
        case .uint8(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int64(let value): value
        case .uint64(let value): Int64(exactly: value)
        default: nil
        }
    }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// Writes a string literal as a long string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Writes `true` and `false` as booleans.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Writes an integer literal as a signed 64-bit integer, which RabbitMQ accepts for every argument.
    public init(integerLiteral value: Int64) { self = .int64(value) }
}
