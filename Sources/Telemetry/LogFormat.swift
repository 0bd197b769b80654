public import Logging

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for collectors.
    case json
    /// swift-log's own lines, for people; control characters are escaped.
    case text

    /// Makes the handler that writes such lines to standard error.
    public func makeHandler(label: String, level: Logger.Level) -> any LogHandler {
        switch self {
        case .json: JSONLogHandler(label: label, logLevel: level)
        case .text: TextLogHandler(label: label, logLevel: level)
        }
    }
}
