import Foundation
import Logging
import Synchronization
import Telemetry
import Testing

/// Keeps the lines a handler writes.
private final class LineRecorder: Sendable {
    private let box = Mutex<[[UInt8]]>([])

    var writes: [String] { box.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    func handler(label: String = "test", level: Logger.Level = .trace) -> JSONLogHandler {
        JSONLogHandler(label: label, logLevel: level) { line in self.box.withLock { $0.append(line) } }
    }

    func logger(label: String = "test", level: Logger.Level = .trace) -> Logger {
        Logger(label: label) { self.handler(label: $0, level: level) }
    }

    /// The members of the only line.
    func members() throws -> [String: Any] {
        let line = try #require(writes.first)
        #expect(writes.count == 1)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
}

private struct Failure: Error, CustomStringConvertible {
    var description: String
}

@Suite("Log lines as JSON")
struct JSONLogHandlerTests {
    static let hostile = [
        "plain", "", #"say "hi""#, #"back\slash"#, "line\nfeed\r\n", "tab\tand\0null", "\u{1}\u{1F}",
        "\u{7F}\u{85}\u{9F}",
        "\u{2028}\u{2029}", "é e\u{301} 😀👩‍👩‍👧‍👦", #"","level":"fatal"#, "{}", "\u{1B}[31mred",
    ]

    // MARK: - Members

    @Test("a line says when, how bad, who and what, and nothing else")
    func members() throws {
        let recorder = LineRecorder()
        let before = Date()

        recorder.logger(label: "adf-trigger").warning("queue is gone")

        let members = try recorder.members()
        #expect(Set(members.keys) == ["timestamp", "level", "logger", "message"])
        #expect(members["level"] as? String == "warning")
        #expect(members["logger"] as? String == "adf-trigger")
        #expect(members["message"] as? String == "queue is gone")
        let text = try #require(members["timestamp"] as? String)
        let timestamp = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
        #expect(text.hasSuffix("Z"))
        #expect(timestamp.timeIntervalSince(before) > -0.002)
        #expect(timestamp.timeIntervalSince(before) < 60)
    }

    @Test("every level is written by its name", arguments: Logger.Level.allCases)
    func levels(level: Logger.Level) throws {
        let recorder = LineRecorder()

        recorder.logger().log(level: level, "x")

        #expect(try recorder.members()["level"] as? String == level.rawValue)
    }

    @Test("an error is written beside the message")
    func error() throws {
        let recorder = LineRecorder()

        recorder.logger().error("failed", error: Failure(description: "it \"broke\""))

        let members = try recorder.members()
        #expect(members["error"] as? String == "it \"broke\"")
        #expect(members["message"] as? String == "failed")
    }

    @Test("one event is one write of one line", arguments: hostile)
    func oneLine(text: String) throws {
        let recorder = LineRecorder()
        let logger = recorder.logger(label: text)

        logger.info("\(text)", metadata: ["\(text).": "\(text)"])
        logger.info("again")

        #expect(recorder.writes.count == 2)
        for line in recorder.writes {
            #expect(line.hasSuffix("}\n"))
            #expect(line.unicodeScalars.dropLast().allSatisfy { !CharacterSet.newlines.contains($0) })
            #expect(
                line.unicodeScalars.dropLast().allSatisfy {
                    !CharacterSet.controlCharacters.contains($0) || $0 == "\u{200D}"
                }
            )
        }
    }

    @Test("texts come back as they were, wherever they stand", arguments: hostile)
    func escaping(text: String) throws {
        let recorder = LineRecorder()

        recorder.logger(label: text).info(
            "\(text)",
            error: Failure(description: text),
            metadata: ["key-\(text)": "\(text)", "nested": ["a-\(text)": [.string(text)]]]
        )

        let members = try recorder.members()
        #expect(members["logger"] as? String == text)
        #expect(members["message"] as? String == text)
        #expect(members["error"] as? String == text)
        #expect(members["key-\(text)"] as? String == text)
        #expect(members["nested"] as? [String: [String]] == ["a-\(text)": [text]])
    }

    // MARK: - Metadata

    @Test("metadata stands under its own keys, in their order")
    func metadata() throws {
        let recorder = LineRecorder()

        recorder.logger().info("x", metadata: ["request.id": "r", "adf.run_id": "g", "b": .stringConvertible(42)])

        let line = try #require(recorder.writes.first)
        #expect(line.hasSuffix(#""message":"x","adf.run_id":"g","b":"42","request.id":"r"}"# + "\n"))
    }

    @Test("nested metadata stays nested")
    func nested() throws {
        let recorder = LineRecorder()

        recorder.logger().info(
            "x",
            metadata: [
                "list": ["a", ["b", []], [:]],
                "object": ["z": "1", "a": ["level": "inner", "n": .stringConvertible(2)]],
            ]
        )

        let line = try #require(recorder.writes.first)
        #expect(
            line.hasSuffix(#","list":["a",["b",[]],{}],"object":{"a":{"level":"inner","n":"2"},"z":"1"}}"# + "\n")
        )
        _ = try recorder.members()
    }

    @Test("a key that is a member's name is written with metadata. in front")
    func reservedKeys() throws {
        let recorder = LineRecorder()
        let reserved = ["timestamp", "level", "logger", "message", "error"]

        recorder.logger(label: "l").info(
            "m",
            metadata: Dictionary(uniqueKeysWithValues: reserved.map { ($0, Logger.MetadataValue.string("mine")) })
        )

        let members = try recorder.members()
        #expect(
            Set(members.keys) == Set(["timestamp", "level", "logger", "message"] + reserved.map { "metadata.\($0)" })
        )
        #expect(reserved.allSatisfy { members["metadata.\($0)"] as? String == "mine" })
        #expect(members["message"] as? String == "m")
        #expect(members["logger"] as? String == "l")
    }

    @Test("no line has a name twice, even where a key looks like the way out")
    func reservedKeyTwice() throws {
        let recorder = LineRecorder()

        recorder.logger().info(
            "m",
            metadata: ["level": "a", "metadata.level": "b", "metadata.metadata.level": "c", "metadata.x": "d"]
        )

        let members = try recorder.members()
        #expect(members["level"] as? String == "info")
        #expect(
            Set(members.compactMap { $0.key.hasPrefix("metadata.") ? $0.value as? String : nil }) == [
                "a", "b", "c", "d",
            ]
        )
        #expect(members["metadata.level"] as? String == "a")
        #expect(members["metadata.x"] as? String == "d")
    }

    @Test("the line's own metadata wins over the provider's, and that over the logger's")
    func precedence() throws {
        let recorder = LineRecorder()
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "p": "provider"] }
        var logger = Logger(label: "test") { _ in
            var handler = recorder.handler()
            handler.metadataProvider = provider
            return handler
        }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "l"] = "logger"

        logger.info("x", metadata: ["a": "line"])

        let members = try recorder.members()
        #expect(members["a"] as? String == "line")
        #expect(members["b"] as? String == "provider")
        #expect(members["p"] as? String == "provider")
        #expect(members["l"] as? String == "logger")
    }

    @Test("metadata of one logger does not reach another made from it, and can be taken away")
    func valueSemantics() throws {
        let recorder = LineRecorder()
        let original = recorder.logger()
        var changed = original
        changed[metadataKey: "k"] = "v"
        #expect(changed[metadataKey: "k"] == "v")
        changed[metadataKey: "k"] = nil

        original.info("x")
        changed.info("x")

        #expect(recorder.writes.allSatisfy { !$0.contains("\"k\"") })
    }

    // MARK: - Levels

    @Test("what lies under the level is not written")
    func filter() {
        let recorder = LineRecorder()
        var logger = recorder.logger(level: .warning)

        logger.info("no")
        logger.warning("yes")
        logger.logLevel = .debug
        logger.debug("yes")
        logger.trace("no")

        #expect(recorder.writes.count == 2)
        #expect(recorder.writes.allSatisfy { $0.contains(#""message":"yes""#) })
    }
}
