import Logging
import Testing

@testable import TriggerWorker

@Suite("What a worker logs", .timeLimit(.minutes(5)))
struct WorkerLogTests {
    /// Works on these messages, one after the other, and returns what was logged.
    private static func log(
        _ messages: [RequestMessage],
        level: Logger.Level = .trace,
        _ step: @escaping ScriptedStarter.Step = ScriptedStarter.starts,
        replyFailure: RequestLeft? = nil,
        receipt: ReplyReceipt = .delivered
    ) async throws -> LogRecorder {
        let recorder = LogRecorder()
        let log = EventLog()
        let worker = Worker.sample(
            concurrency: 1,
            starter: ScriptedStarter(afterwards: step),
            replies: RecordingSender(log, failure: replyFailure, receipt: receipt),
            logger: recorder.logger(level: level)
        )
        try await worker.run(Deliveries(items: messages.map { RecordingDelivery(message: $0, log: log) }))
        return recorder
    }

    @Test("a started run is one line at info, with outcome and duration")
    func started() async throws {
        let recorder = try await Self.log([.sample()])

        let event = try #require(recorder.events.first)
        let metadata = try #require(event.metadata)
        #expect(recorder.events.count == 1)
        #expect(event.level == .info)
        #expect(event.message == "request finished")
        #expect(Int(try #require(metadata["request.duration_ms"]).description) != nil)
        #expect(
            metadata.filter { $0.key != "request.duration_ms" } == [
                "request.id": "order-1", "request.outcome": "started", "adf.attempts": "1",
                "adf.run_id": "bb3dc96d-50c8-5244-94e1-41859c317abf", "adf.target": "\(Target.sample().resourceID)",
            ]
        )
    }

    @Test("a failure is one line at info, with its class, code and reason")
    func failed() async throws {
        let recorder = try await Self.log([.sample()], ScriptedStarter.fails(.refused, code: "NotFound"))

        let metadata = try #require(recorder.events.last?.metadata)
        #expect(recorder.events.map(\.level) == [.debug, .info])
        #expect(recorder.events.map(\.message) == ["a call to Data Factory failed", "request finished"])
        #expect(
            metadata.filter { $0.key != "request.duration_ms" } == [
                "request.id": "order-1", "request.outcome": "failed", "adf.attempts": "1",
                "adf.target": "\(Target.sample().resourceID)", "error.class": "rejected", "error.code": "NotFound",
                "reason": "scripted",
            ]
        )
    }

    @Test("each request has its one line, whatever becomes of it")
    func oneLineEach() async throws {
        let recorder = try await Self.log([
            .sample(messageID: "a"), .sample("[", messageID: "b"), .sample(#"{"target":"x"}"#, messageID: "c"),
            .sample(messageID: "d"),
        ])

        #expect(recorder.events.map { $0.metadata?["request.id"] } == ["a", "b", "c", "d"])
        #expect(
            recorder.events.map { $0.metadata?["request.outcome"] } == ["started", "refused", "refused", "started"]
        )
    }

    @Test(
        "no value of a body or parameter is in the log",
        arguments: [
            #"{"target":"nightly","parameters":{"password":"hunter2","list":["hunter2"]}}"#,
            #"{"target":"nightly","parameters":{"password":"hunter2"},"deadline":"hunter2"}"#,
            #"{"target":"nightly","parameters":{"password":"hunter2"},"unknown":"hunter2"}"#,
            #"{"target":"nightly","parameters":{"a":"hunter2","a":"hunter2"}}"#,
            #"{"target":"nightly","parameters":"hunter2"}"#, #"{"target":"nightly","options":"hunter2"}"#,
            #"{"target":"nightly","parameters":{"a":"hunter2\x"}}"#, "hunter2", #""hunter2""#,
            #"{"target":"/hunter2"}"#, #"{"target":"other","parameters":{"a":"hunter2"}}"#,
        ]
    )
    func noValues(body: String) async throws {
        let recorder = try await Self.log([.sample(body)])

        #expect(recorder.events.count == 1)
        #expect(!recorder.text.contains("hunter2"), "\(recorder.text)")
    }

    @Test("a reply nobody takes is a warning beside the one line")
    func undeliverable() async throws {
        let recorder = try await Self.log([.sample()], receipt: .undeliverable(reason: "NO_ROUTE"))

        let warning = try #require(recorder.events.first)
        #expect(recorder.events.map(\.level) == [.warning, .info])
        #expect(warning.metadata?["error.class"] == "reply-undeliverable")
        #expect(warning.metadata?["reason"] == "NO_ROUTE")
        #expect(warning.metadata?["adf.run_id"] == "bb3dc96d-50c8-5244-94e1-41859c317abf")
        #expect(warning.metadata?["request.id"] == "order-1")
    }

    @Test("a request that is left to its next holder is a warning, and is not finished")
    func left() async throws {
        let recorder = try await Self.log([.sample()], replyFailure: RequestLeft("gone"))

        #expect(recorder.events.map(\.level) == [.warning])
        #expect(recorder.events.first?.message == "request left to its next holder")
        #expect(recorder.events.first?.metadata == ["request.id": "order-1", "reason": "gone"])
    }

    @Test("at warning, finished requests are not logged")
    func level() async throws {
        #expect(try await Self.log([.sample()], level: .warning).events.isEmpty)
        #expect(try await Self.log([.sample()], level: .info).events.count == 1)
    }
}
