public import Logging

/// swift-log's own lines on standard error, with control characters escaped: what comes from outside, such as a message
/// id with a line feed, must not make lines of its own.
public struct TextLogHandler: LogHandler {
    private var handler: StreamLogHandler

    /// Writes lines of this level and above.
    public init(label: String, logLevel: Logger.Level) {
        handler = StreamLogHandler.standardError(label: label)
        handler.logLevel = logLevel
    }

    /// The lowest level written.
    public var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    /// What every line carries.
    public var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue.mapValues(Self.escaped) }
    }

    /// One piece of metadata every line carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue.map(Self.escaped) }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var event = event
        event.message = "\(Self.escaped(event.message.description))"
        event.metadata = event.metadata?.mapValues(Self.escaped)
        handler.log(event: event)
    }

    static func escaped(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(escaped(text))
        case .stringConvertible(let value): .string(escaped(value.description))
        case .array(let values): .array(values.map(escaped))
        case .dictionary(let members): .dictionary(members.mapValues(escaped))
        }
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { escaped, scalar in
            escaped += scalar.isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}

extension UnicodeScalar {
    /// Whether it must not reach a log as it is: control characters, and the two separators some readers break lines at.
    var isControl: Bool {
        switch self {
        case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
