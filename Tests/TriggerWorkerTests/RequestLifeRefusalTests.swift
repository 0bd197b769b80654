import Testing

@testable import TriggerWorker

@Suite("What is refused before Azure is asked", .timeLimit(.minutes(5)))
struct RequestLifeRefusalTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var message = RequestMessage.sample()
        var policy = Policy.sample()
        var nameError: RequestError?
        let errorClass: ErrorClass
        let code: String
        /// Whether the target was known by then, and so is part of the answer.
        var knowsTarget = false
    }

    private static let foreignTarget =
        #"{"target":"/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/p"}"#

    private static let refusals = [
        Refusal(
            testDescription: "a body that is not JSON",
            message: .sample("nonsense"),
            errorClass: .malformed,
            code: "InvalidBody"
        ),
        Refusal(
            testDescription: "another content type",
            message: .sample(contentType: "text/plain"),
            errorClass: .malformed,
            code: "UnsupportedContentType"
        ),
        Refusal(
            testDescription: "a body too large",
            message: .sample(#"{"target":"\#(String(repeating: "x", count: 256 << 10))"}"#),
            errorClass: .malformed,
            code: "BodyTooLarge"
        ),
        Refusal(
            testDescription: "an alias nobody configured",
            message: .sample(#"{"target":"other"}"#),
            errorClass: .unknownTarget,
            code: "UnknownAlias"
        ),
        Refusal(
            testDescription: "a target with a part missing",
            message: .sample(#"{"target":{"pipeline":"p"}}"#),
            errorClass: .invalid,
            code: "IncompleteTarget"
        ),
        Refusal(
            testDescription: "a name Azure does not allow",
            nameError: RequestError(.invalid, code: "InvalidName", "target.factory"),
            errorClass: .invalid,
            code: "InvalidName",
            knowsTarget: true
        ),
        Refusal(
            testDescription: "a bad name, before it is asked whether it is allowed",
            message: .sample(foreignTarget),
            nameError: RequestError(.invalid, code: "InvalidName", "target.factory"),
            errorClass: .invalid,
            code: "InvalidName",
            knowsTarget: true
        ),
        Refusal(
            testDescription: "a target the policy does not allow",
            message: .sample(foreignTarget),
            errorClass: .forbidden,
            code: "TargetNotAllowed",
            knowsTarget: true
        ),
        Refusal(
            testDescription: "a publisher who may not start the target",
            message: .sample(publisher: "bob"),
            policy: .sample(publishers: ["alice"]),
            errorClass: .forbidden,
            code: "PublisherNotAllowed",
            knowsTarget: true
        ),
        Refusal(
            testDescription: "a reply queue that is not the requester's",
            message: .sample(replyTo: "adf.trigger.requests"),
            errorClass: .forbidden,
            code: "ReplyQueueNotAllowed",
            knowsTarget: true
        ),
        Refusal(
            testDescription: "a deadline that has passed",
            message: .sample(#"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#),
            errorClass: .expired,
            code: "DeadlinePassed",
            knowsTarget: true
        ),
    ]

    @Test("a refused request never reaches Azure", arguments: refusals)
    func refused(refusal: Refusal) async throws {
        let log = EventLog()
        let starter = ScriptedStarter(nameError: refusal.nameError)
        let life = RequestLife.sample(policy: refusal.policy, starter: starter, replies: RecordingSender(log))

        let finished = try await life.run(RecordingDelivery(message: refusal.message, log: log))

        #expect(starter.calls.isEmpty)
        #expect(finished.error?.errorClass == refusal.errorClass)
        #expect(finished.error?.code == refusal.code)
        #expect(finished.attempts == 0)
        #expect((finished.target != nil) == refusal.knowsTarget)
        #expect(
            log.events == [
                .parked("order-1", refusal.errorClass), .replied("order-1", .refused), .acknowledged("order-1"),
            ]
        )
    }

    @Test("a reply queue that may not be used is answered on the configured one")
    func forbiddenReplyQueue() async throws {
        let replies = RecordingSender(EventLog())
        let life = RequestLife.sample(starter: ScriptedStarter(), replies: replies)

        _ = try await life.run(
            RecordingDelivery(message: .sample(replyTo: "adf.trigger.requests"), log: replies.log)
        )

        #expect(replies.addresses == [.queue("replies")])
    }

    @Test(
        "an answer goes where the requester wants it, whatever it says",
        arguments: [#"{"target":"nightly"}"#, "nonsense", #"{"target":"other"}"#]
    )
    func wantedReplyQueue(body: String) async throws {
        let replies = RecordingSender(EventLog())
        let life = RequestLife.sample(starter: ScriptedStarter(afterwards: ScriptedStarter.starts), replies: replies)

        _ = try await life.run(RecordingDelivery(message: .sample(body, replyTo: "mine"), log: replies.log))

        #expect(replies.addresses == [.queue("mine")])
    }

    @Test("the run of somebody who may start the target is not told to one who may not")
    func otherPublisher() async throws {
        let memory = RequestMemory()
        let starter = ScriptedStarter(ScriptedStarter.starts)
        let policy = Policy.sample(publishers: ["alice"])
        func trial(_ publisher: String, isRedelivered: Bool = false) async throws -> FinishedRequest {
            var history = RequestHistory()
            history.isRedelivered = isRedelivered
            let message = RequestMessage.sample(publisher: publisher, history: history)
            return try await Trial(starter, message, memory: memory, policy: policy).run().finished
        }

        #expect(try await trial("alice").outcome == .started)
        #expect(try await trial("bob").error?.code == "PublisherNotAllowed")
        #expect(try await trial("alice").outcome == .adopted)
        #expect(try await trial("bob", isRedelivered: true).outcome == .adopted)
    }

    @Test("a request with a deadline to come is started")
    func deadlineToCome() async throws {
        let log = EventLog()
        let life = RequestLife.sample(starter: ScriptedStarter(ScriptedStarter.starts), replies: RecordingSender(log))
        let message = RequestMessage.sample(#"{"target":"nightly","deadline":"9999-12-31T23:59:59Z"}"#)

        let finished = try await life.run(RecordingDelivery(message: message, log: log))

        #expect(finished.outcome == .started)
    }
}
