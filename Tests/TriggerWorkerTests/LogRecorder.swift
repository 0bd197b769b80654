import Logging
import NIOConcurrencyHelpers

/// Keeps log events instead of writing them.
final class LogRecorder: Sendable {
    private let box = NIOLockedValueBox<[LogEvent]>([])

    var events: [LogEvent] { box.withLockedValue { $0 } }

    /// Everything that was logged, as one text to search in.
    var text: String {
        events.map { "\($0.level) \($0.message) \($0.metadata ?? [:])" }.joined(separator: "\n")
    }

    func logger(level: Logger.Level = .trace) -> Logger {
        Logger(label: "test") { _ in Handler(recorder: self, logLevel: level) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.box.withLockedValue { $0.append(event) }
        }
    }
}
