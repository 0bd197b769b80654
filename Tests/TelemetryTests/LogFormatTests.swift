import Logging
import Telemetry
import Testing

@Suite("The formats of log lines")
struct LogFormatTests {
    @Test("their names are those of the configuration")
    func names() {
        #expect(LogFormat.allCases.map(\.rawValue) == ["json", "text"])
        #expect(LogFormat(rawValue: "xml") == nil)
    }

    @Test("each makes its own handler, at the level it is told", arguments: LogFormat.allCases)
    func handlers(format: LogFormat) {
        let handler = format.makeHandler(label: "x", level: .error)

        #expect((handler is JSONLogHandler) == (format == .json))
        #expect(handler.logLevel == .error)
    }
}
