import Testing

@testable import TriggerWorker

@Suite("What a reply says", .timeLimit(.minutes(5)))
struct ReplyTests {
    private static func reply(
        to message: RequestMessage,
        policy: Policy = .sample(),
        _ step: @escaping ScriptedStarter.Step
    ) async throws -> Reply {
        let sender = RecordingSender(EventLog())
        let life = RequestLife.sample(
            policy: policy,
            holdTime: .milliseconds(50),
            starter: ScriptedStarter(afterwards: step),
            replies: sender
        )
        _ = try await life.run(RecordingDelivery(message: message, log: sender.log))
        return try #require(sender.replies.first)
    }

    private static let target = """
        {"subscriptionId":"\(sampleSubscription)","resourceGroup":"rg-data","factory":"adf-prod",
         "pipeline":"nightly load"}
        """

    @Test("a started run is answered with these members and no others")
    func started() async throws {
        let reply = try await Self.reply(to: .sample(), ScriptedStarter.starts)

        let runID = "bb3dc96d-50c8-5244-94e1-41859c317abf"
        let expected = """
            {"status":"started","requestId":"order-1","identified":true,"runId":"\(runID)","adopted":false,
             "target":\(Self.target),"attempts":1,
             "portalUrl":"https://adf.azure.com/en-us/monitoring/pipelineruns/\(runID)?factory=/subscriptions/\
            \(sampleSubscription)/resourceGroups/rg-data/providers/Microsoft.DataFactory/factories/adf-prod"}
            """
        #expect(try canonical(reply.body) == canonical(Array(expected.utf8)))
        #expect(reply.outcome == .started)
        #expect(reply.runID == runID)
        #expect(reply.requestID == "order-1")
    }

    @Test("a refusal by Azure is answered with these members and no others")
    func failed() async throws {
        let reply = try await Self.reply(to: .sample(), ScriptedStarter.fails(.refused, code: "NotFound"))

        let expected = """
            {"status":"failed","requestId":"order-1","identified":true,"target":\(Self.target),"attempts":1,
             "error":{"class":"rejected","code":"NotFound","message":"scripted","retryable":false,"httpStatus":418,
                      "azureRequestId":"azure-1","runId":null}}
            """
        #expect(try canonical(reply.body) == canonical(Array(expected.utf8)))
        #expect(reply.outcome == .failed)
        #expect(reply.runID == nil)
    }

    @Test("a request that could not be read is answered without a target")
    func malformed() async throws {
        let reply = try await Self.reply(to: .sample("[]"), ScriptedStarter.starts)

        let expected = """
            {"status":"failed","requestId":"order-1","identified":true,"attempts":0,
             "error":{"class":"malformed","code":"InvalidBody",
                      "message":"the body must be an object, not an array (at byte 0)","retryable":false,
                      "httpStatus":null,"azureRequestId":null,"runId":null}}
            """
        #expect(try canonical(reply.body) == canonical(Array(expected.utf8)))
        #expect(reply.outcome == .refused)
    }

    @Test("an unknown outcome carries the run id that may exist")
    func outcomeUnknown() async throws {
        var history = RequestHistory()
        history.isRedelivered = true
        let refused = StartFailure(.refused, code: "BadRequest", message: "no")

        let outcome = try await Trial(ScriptedStarter(lookUps: [.failure(refused)]), .sample(history: history)).run()

        let reply = try #require(outcome.replies.first)
        let error = try #require(try members(of: reply.body)["error"] as? [String: Any])
        #expect(error["class"] as? String == "outcome-unknown")
        #expect(error["retryable"] as? Bool == true)
        #expect(error["runId"] as? String == "bb3dc96d-50c8-5244-94e1-41859c317abf")
        #expect(reply.runID == "bb3dc96d-50c8-5244-94e1-41859c317abf")
        #expect(reply.outcome == .failed)
    }

    @Test("a request without a message id is answered as not identified", arguments: [#"{"target":"nightly"}"#, "[]"])
    func unidentified(body: String) async throws {
        let reply = try await Self.reply(to: .sample(body, messageID: nil), ScriptedStarter.starts)

        let members = try members(of: reply.body)
        #expect(members["identified"] as? Bool == false)
        #expect(members["requestId"] as? String == reply.requestID)
        #expect(reply.correlationID == nil)
    }

    @Test(
        "the correlation id is echoed, and the message id stands in for it",
        arguments: [("c", "m", "c"), (nil, "m", "m"), ("c", nil, "c"), (nil, nil, nil)] as [(String?, String?, String?)]
    )
    func correlationID(correlationID: String?, messageID: String?, expected: String?) async throws {
        for body in [#"{"target":"nightly"}"#, "[]"] {
            let message = RequestMessage.sample(body, messageID: messageID, correlationID: correlationID)

            #expect(try await Self.reply(to: message, ScriptedStarter.starts).correlationID == expected)
        }
    }

    @Test("every reply to one request has the same message id, which fits a short string")
    func messageID() async throws {
        let short = try await Self.reply(to: .sample(), ScriptedStarter.starts)
        let again = try await Self.reply(to: .sample("[]"), ScriptedStarter.starts)
        let long = try await Self.reply(
            to: .sample(messageID: String(repeating: "é", count: 127)),
            ScriptedStarter.starts
        )

        #expect(short.messageID == "order-1-reply")
        #expect(again.messageID == short.messageID)
        #expect(long.messageID.utf8.count <= 255)
        #expect(long.messageID.hasSuffix("-reply"))
    }

    @Test("a reply says whose the request is where others may have the same name, in its message id too")
    func publisher() async throws {
        let source = IdentitySource(isPerPublisher: true)
        let plain = try await Self.reply(to: .sample(publisher: "alice"), ScriptedStarter.starts)

        for body in [#"{"target":"nightly"}"#, "[]"] {
            let message = RequestMessage.sample(body, publisher: "alice", identitySource: source)
            let reply = try await Self.reply(to: message, ScriptedStarter.starts)
            #expect(try members(of: reply.body)["publisher"] as? String == "alice")
            #expect(try members(of: reply.body)["requestId"] as? String == "order-1")
            #expect(reply.messageID == "alice/order-1-reply")
        }
        #expect(try members(of: plain.body)["publisher"] == nil)
    }

    @Test("the trace goes on in the reply")
    func traceparent() async throws {
        let message = RequestMessage.sample(traceparent: "00-1-2-01")

        #expect(try await Self.reply(to: message, ScriptedStarter.starts).traceparent == "00-1-2-01")
    }

    @Test(
        "the outcome header follows the class",
        arguments: [
            (.malformed, .refused), (.invalid, .refused), (.unknownTarget, .refused), (.forbidden, .refused),
            (.expired, .refused), (.rejected, .failed), (.unavailable, .failed), (.outcomeUnknown, .failed),
            (.replyUndeliverable, .failed),
        ] as [(ErrorClass, Outcome)]
    )
    func outcome(errorClass: ErrorClass, outcome: Outcome) throws {
        let message = RequestMessage.sample()

        let reply = Reply.failed(
            RequestError(errorClass, code: "C", "m"),
            target: nil,
            identity: message.identity,
            to: message
        )

        #expect(reply.outcome == outcome)
        let error = try #require(try members(of: reply.body)["error"] as? [String: Any])
        #expect(error["class"] as? String == errorClass.rawValue)
    }

    @Test("the portal's address is encoded but for its slashes")
    func portalURL() {
        let target = Target.sample(resourceGroup: "R (x) [é]&#?", factory: "f")

        #expect(
            target.portalURL(ofRun: "id")
                == "https://adf.azure.com/en-us/monitoring/pipelineruns/id?factory=/subscriptions/\(sampleSubscription)"
                + "/resourceGroups/R%20%28x%29%20%5B%C3%A9%5D%26%23%3F/providers/Microsoft.DataFactory/factories/f"
        )
    }

    @Test("hostile texts of the requester stay texts")
    func hostileTexts() async throws {
        let reply = try await Self.reply(
            to: .sample(messageID: "\",\"runId\":\"x\n\u{1}"),
            ScriptedStarter.starts
        )

        #expect(try members(of: reply.body)["requestId"] as? String == "\",\"runId\":\"x\n\u{1}")
    }
}
