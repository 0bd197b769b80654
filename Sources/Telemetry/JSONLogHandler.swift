internal import FoundationEssentials
internal import Glibc
public import Logging

/// Writes each log line as one JSON object: `timestamp`, `level`, `logger`, `message`, `error`, then the metadata by
/// its own keys.
///
/// A metadata key that is one of those names, or one of them with `metadata.` in front, is written with another
/// `metadata.` in front, so no line has a name twice.
public struct JSONLogHandler: LogHandler {
    /// The lowest level written.
    public var logLevel: Logger.Level
    /// What every line carries.
    public var metadata: Logger.Metadata = [:]
    /// What is asked for metadata at every line.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let write: @Sendable ([UInt8]) -> Void

    private static let reserved: Set<String> = ["timestamp", "level", "logger", "message", "error"]

    /// Writes to standard error, or wherever `write` puts a whole line with its line feed.
    public init(
        label: String,
        logLevel: Logger.Level = .info,
        write: @escaping @Sendable ([UInt8]) -> Void = JSONLogHandler.writeToStandardError
    ) {
        self.label = label
        self.logLevel = logLevel
        self.write = write
    }

    /// One piece of metadata every line carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }

        var line: [UInt8] = []
        line.reserveCapacity(256)
        line += "{\"timestamp\":\"\(Date().ISO8601Format(.init(includingFractionalSeconds: true)))\"".utf8
        line += ",\"level\":\"\(event.level.rawValue)\",\"logger\":".utf8
        Self.append(label, to: &line)
        line += ",\"message\":".utf8
        Self.append(event.message.description, to: &line)
        if let error = event.error {
            line += ",\"error\":".utf8
            Self.append("\(error)", to: &line)
        }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.append(UInt8(ascii: ","))
            Self.append(Self.isReserved(key) ? "metadata.\(key)" : key, to: &line)
            line.append(UInt8(ascii: ":"))
            Self.append(value, to: &line)
        }
        line += "}\n".utf8
        write(line)
    }

    /// Writes a whole line by as few calls as the kernel allows, so lines of several threads do not mix.
    public static let writeToStandardError: @Sendable ([UInt8]) -> Void = { line in
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 { rest = rest.dropFirst(written) } else if errno != EINTR { return }
        }
    }

    private static func isReserved(_ key: String) -> Bool {
        var name = key[...]
        while name.hasPrefix("metadata.") { name.removeFirst("metadata.".count) }
        return reserved.contains(String(name))
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): append(text, to: &line)
        case .stringConvertible(let value): append(value.description, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(value, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            line.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(member.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\"".utf8
            case "\\": line += "\\\\".utf8
            case "\n": line += "\\n".utf8
            case "\r": line += "\\r".utf8
            case "\t": line += "\\t".utf8
            case _ where scalar.isControl:
                let digits = String(scalar.value, radix: 16)
                line += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: line += scalar.utf8
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
