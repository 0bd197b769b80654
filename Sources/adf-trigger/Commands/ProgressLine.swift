internal import Foundation
internal import NIOConcurrencyHelpers

/// One line on standard error, written over again and again, for a person who waits. Without a terminal there is none.
final class ProgressLine: Sendable {
    private let text = NIOLockedValueBox("")
    private let begin = ContinuousClock.now
    private let isShown: Bool

    /// - Parameter environment: A `TERM` of `dumb` can't write over a line.
    init(environment: [String: String]) {
        isShown = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    /// What the line says from now on, before the time that has passed.
    func show(_ text: String) {
        self.text.withLockedValue { $0 = text }
    }

    /// Draws the line until it is cancelled, and takes it away then.
    func draw() async {
        guard isShown else { return }
        while !Task.isCancelled {
            let text = text.withLockedValue { $0 }
            write(text.isEmpty ? "" : "\(text), \(Self.clock(.now - begin))")
            try? await Task.sleep(for: .milliseconds(500))
        }
        write("")
    }

    /// `1:05` or `2:01:05`.
    static func clock(_ time: Duration) -> String {
        time < .seconds(3600)
            ? time.formatted(.time(pattern: .minuteSecond)) : time.formatted(.time(pattern: .hourMinuteSecond))
    }

    private func write(_ line: String) {
        // To the line's begin, and clear it: the line before may have been longer.
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
    }
}
