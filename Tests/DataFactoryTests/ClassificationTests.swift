import AzureIdentity
import DataFactory
import Testing

@Suite("What a failure means", .timeLimit(.minutes(1)))
struct ClassificationTests {
    private static func body(_ code: String) -> String {
        #"{"error":{"code":"\#(code)","message":"text","target":"t","details":null}}"#
    }

    @Test(
        "createRun's answers",
        arguments: [
            (302, "", .permanent), (307, "", .permanent), (304, "", .permanent),
            (400, body("BadRequest"), .permanent), (400, body("ReferencedPipelineRunNotFound"), .permanent),
            (400, "", .permanent), (400, #"{"code":"BadRequest","message":null,"error":null}"#, .permanent),
            (403, body("AuthorizationFailed"), .access), (403, "", .access),
            (404, body("NotFound"), .permanent), (404, body("PipelineNotFound"), .permanent),
            (404, body("ResourceNotFound"), .access), (404, body("RESOURCENOTFOUND"), .access),
            (404, body("ParentResourceNotFound"), .access), (404, body("ResourceGroupNotFound"), .access),
            (404, body("SubscriptionNotFound"), .access), (404, "<html>", .access), (404, "", .access),
            (405, "", .permanent), (409, body("MissingSubscriptionRegistration"), .permanent),
            (409, body("Conflict"), .permanent), (412, "", .permanent), (413, "", .permanent), (415, "", .permanent),
            (408, "", .ambiguous), (429, "", .throttled), (429, body("SubscriptionRequestsThrottled"), .throttled),
            (500, body("InternalServerError"), .ambiguous), (500, body("BadRequest"), .ambiguous),
            (501, "", .ambiguous), (502, "<html>", .ambiguous), (503, "", .ambiguous), (504, "", .ambiguous),
            (599, "", .ambiguous),
        ] as [(Int, String, DataFactoryError.Disposition)]
    )
    func answers(status: Int, body: String, disposition: DataFactoryError.Disposition) async throws {
        let error = try await Sample.createRunFailure(ScriptedTransport(answering: .json(status, body)))

        #expect(error.disposition == disposition)
        #expect(error.status == status)
        #expect(!error.code.isEmpty && !error.message.isEmpty)
    }

    @Test(
        "createRun without an answer",
        arguments: [
            (.nameResolution, .notSent, .safe), (.connectFailed, .notSent, .safe), (.tlsFailed, .notSent, .safe),
            (.connectTimeout, .notSent, .safe), (.poolTimeout, .notSent, .safe), (.cancelled, .notSent, .safe),
            (.timeout, .notSent, .safe), (.shutDown, .notSent, .safe), (.timeout, .unknown, .ambiguous),
            (.connectionLost, .unknown, .ambiguous), (.cancelled, .unknown, .ambiguous),
            (.responseTooLarge, .unknown, .ambiguous), (.malformedResponse, .unknown, .ambiguous),
            (.other, .unknown, .ambiguous), (.insecureURL, .notSent, .credential),
            (.invalidRequest, .notSent, .permanent),
        ] as [(HTTPTransportError.Code, HTTPTransportError.Certainty, DataFactoryError.Disposition)]
    )
    func noAnswer(
        code: HTTPTransportError.Code,
        certainty: HTTPTransportError.Certainty,
        disposition: DataFactoryError.Disposition
    ) async throws {
        let cause = HTTPTransportError(code: code, message: "x", certainty: certainty)

        let error = try await Sample.createRunFailure(ScriptedTransport(failing: cause))

        #expect(error.disposition == disposition)
        #expect(error.status == nil)
        guard case .transport(cause) = error.underlying else {
            Issue.record("the transport error is lost")
            return
        }
    }

    @Test(
        "a read starts nothing, so nothing about it is ambiguous",
        arguments: [
            (408, .safe), (500, .safe), (504, .safe), (403, .access), (429, .throttled), (400, .permanent),
        ] as [(Int, DataFactoryError.Disposition)]
    )
    func reads(status: Int, disposition: DataFactoryError.Disposition) async throws {
        let error = try await Sample.runFailure(ScriptedTransport(answering: .json(status, "")))

        #expect(error.disposition == disposition)
    }

    @Test("a read without an answer is safe")
    func readWithoutAnswer() async throws {
        let cause = HTTPTransportError(code: .timeout, message: "x", certainty: .unknown)

        #expect(try await Sample.runFailure(ScriptedTransport(failing: cause)).disposition == .safe)
    }

    @Test("a redirect says that it is not followed")
    func redirect() async throws {
        let error = try await Sample.createRunFailure(ScriptedTransport(answering: .json(301, "")))

        #expect(error.message.contains("redirects are not followed"))
    }

    @Test("an error keeps what throttling and support need")
    func headers() async throws {
        let error = try await Sample.createRunFailure(
            ScriptedTransport(
                answering: .json(
                    429,
                    Self.body("SubscriptionRequestsThrottled"),
                    [
                        HTTPHeader(name: "Retry-After", value: "372"),
                        HTTPHeader(name: "x-ms-request-id", value: "azure-1"),
                        HTTPHeader(name: "x-ms-correlation-request-id", value: "corr-1"),
                        HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-writes", value: "0"),
                    ]
                )
            )
        )

        #expect(error.retryAfter == .seconds(372))
        #expect(error.azureRequestID == "azure-1")
        #expect(error.correlationID == "corr-1")
        #expect(error.remainingWrites == 0)
        #expect(error.target == "t")
        #expect(
            error.description
                == "HTTP 429 SubscriptionRequestsThrottled: text [throttled] [x-ms-request-id azure-1]"
        )
    }
}
