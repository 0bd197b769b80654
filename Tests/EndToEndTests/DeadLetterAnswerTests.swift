import Foundation
import RabbitMQ
import TestSupport
import Testing

/// What the broker gives up on by itself is answered all the same.
@Suite("Requests the broker gave up on", .timeLimit(.minutes(10)))
struct DeadLetterAnswerTests {
    @Test("a request that expired on the queue is answered and parked")
    func expired() async throws {
        let stage = try await Stage("expired")
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "late") { $0.expiration = "100" }
        try await eventually("the broker gave up on it") { try await stage.ready("dead") == 1 }

        let worker = try await stage.startWorker()

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let copy = try #require(try await stage.take(1, from: "errors").first)
        #expect(answer.errorClass == "expired")
        #expect(copy.message.properties.headers?["error-class"]?.text == "expired")
        #expect(try await stage.runs().isEmpty)
        try await worker.stop()
        #expect(try await stage.ready("dead") == 0)
        try await stage.end()
    }

    @Test("an expired request whose run exists is answered with it")
    func expiredWithRun() async throws {
        let stage = try await Stage("expired-run")
        var worker = try await stage.startWorker()
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "twice")
        let first = try Answer(try #require(try await stage.take(1, from: "replies").first))
        try await worker.stop()
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "twice") { $0.expiration = "100" }
        try await eventually("the broker gave up on it") { try await stage.ready("dead") == 1 }

        worker = try await stage.startWorker()

        let second = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(second.status == "started")
        #expect(second.runID == first.runID)
        #expect(try await stage.runs().count == 1)
        #expect(try await stage.ready("errors") == 0)
        try await worker.stop()
        try await stage.end()
    }

    #if CrashPoints
        @Test("a request that ends its workers is answered as poisoned before the broker takes it, and harms no other")
        func poisoned() async throws {
            let stage = try await Stage("poisoned", set: ["ADF_TRIGGER_QUEUES_DELIVERY_LIMIT": "4"])
            try await stage.publish(#"{"target":"nightly-load"}"#, id: "poison")
            for _ in 0..<3 {
                let worker = try stage.launchWorker(set: ["ADF_TRIGGER_CRASH_AT": "1"])
                #expect(try await worker.waitForExit().code == -SIGKILL)
            }

            let worker = try await stage.startWorker()

            let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
            #expect(answer.errorClass == "poisoned")
            #expect(try await stage.take(1, from: "errors").count == 1)
            #expect(try await stage.runs().isEmpty)
            try await stage.publish(#"{"target":"nightly-load"}"#, id: "harmless")
            #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).status == "started")
            try await worker.stop()
            #expect(try await stage.ready("dead") == 0)
            try await stage.end()
        }
    #endif
}
