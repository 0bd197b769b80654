import ErrorDesk
import RabbitMQ
import TestSupport
import Testing
import TriggerWorker

@Suite("The copy that goes home", .timeLimit(.minutes(5)))
struct HomeCopyTests {
    private func copy(
        _ id: String? = "m",
        generation: Int = 0,
        headers: FieldTable = [:],
        change: (inout Message) -> Void = { _ in }
    ) async throws -> Message {
        let desk = try await Desk()
        try await desk.park(id, headers: headers, change: change)
        let (_, delivery) = try #require(try await desk.only())
        return HomeCopy(delivery, generation: generation).message
    }

    @Test("it is the request as it was published, but for when it first failed and who published it")
    func clean() async throws {
        var headers: FieldTable = ["traceparent": "00-1", "x-theirs": 7, "first-failed-at": "2026-11-23T00:00:00.000Z"]
        headers["origin-user-id"] = "etl"
        headers["origin-CC"] = .array(["elsewhere"])
        let kept = headers
        for name in ErrorHeader.ofDiagnosis + RequestHeader.ofLife + ["request-id", "generation"] {
            headers[name] = .string("x")
        }
        for name in ["origin-x-death", "origin-x-first-death-queue", "origin-x-delivery-count"] { headers[name] = "x" }

        let message = try await copy(headers: headers) {
            $0.properties.replyTo = "answers"
            $0.properties.correlationID = "c"
            $0.properties.priority = 3
        }

        let found = try #require(message.properties.headers)
        #expect(Set(found.entries) == Set(kept.entries))
        #expect(message.properties.messageID == "m")
        #expect(message.properties.replyTo == "answers")
        #expect(message.properties.correlationID == "c")
        #expect(message.properties.priority == 3)
        #expect(message.properties.deliveryMode == .persistent)
        #expect(message.text == #"{"target":"nightly"}"#)
    }

    @Test("a generation is set anew, and only where there is one")
    func generation() async throws {
        let first = try await copy(generation: 1)
        let third = try await copy(generation: 3, headers: ["generation": 2])

        #expect(first.properties.headers?["generation"] == 1)
        #expect(third.properties.headers?.entries.filter { $0.key == "generation" }.map(\.value) == [3])
    }

    @Test("a made-up name stays with the request, for its run id is made of it")
    func madeUpName() async throws {
        let message = try await copy(nil, headers: ["request-id": "0f0e"])

        #expect(message.properties.headers?["request-id"] == "0f0e")
    }

    @Test(
        "a reply address that only a header holds comes back, but for one that can't be answered to",
        arguments: [("answers", "answers"), ("amq.rabbitmq.reply-to", nil), ("", nil)] as [(String, String?)]
    )
    func replyAddress(header: String, expected: String?) async throws {
        let message = try await copy(headers: ["origin-reply-to": .string(header)])

        #expect(message.properties.replyTo == expected)
    }

    @Test("a copy of a copy keeps the latest record of the broker and does not grow")
    func repeatedRecords() async throws {
        let desk = try await Desk()
        try await desk.park("m", headers: ["origin-x-death": "old", "x-death": "new", "x-other": 1])
        let (_, delivery) = try #require(try await desk.only())

        let headers = try #require(Republication.properties(of: delivery, adding: [:]).headers)

        #expect(headers.entries.filter { $0.key == "origin-x-death" }.map(\.value) == ["new"])
        #expect(headers["x-death"] == nil && headers["x-other"] == 1)
    }
}
