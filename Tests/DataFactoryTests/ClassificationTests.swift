import AzureIdentity
import DataFactory
import Testing

@Suite("What a failure means", .timeLimit(.minutes(5)))
struct ClassificationTests {
    private static let answers = ServiceAnswer.refusals + ServiceAnswer.unclear + ServiceAnswer.throttles

    /// The same again if it is refused for its token.
    private func transport(_ answer: ServiceAnswer) -> ScriptedTransport {
        answer.response.status == 401
            ? ScriptedTransport(answering: answer.response, answer.response)
            : ScriptedTransport(answering: answer.response)
    }

    @Test("what an answer means for a start", arguments: answers)
    func starts(answer: ServiceAnswer) async throws {
        let error = try await Sample.createRunFailure(transport(answer))

        #expect(error.disposition == answer.start)
        #expect(error.status == answer.response.status)
        #expect(error.code == answer.code)
        #expect(error.retryAfter == answer.retryAfter)
        #expect(error.azureRequestID == "azure-1")
        #expect(!error.message.isEmpty)
    }

    @Test("what an answer means for a read: nothing about it is ambiguous", arguments: answers)
    func reads(answer: ServiceAnswer) async throws {
        let client = Sample.client(transport(answer))
        let factory = try Sample.pipeline().factoryReference

        let error = try #require(
            await #expect(throws: DataFactoryError.self) {
                try await client.runs(Sample.query, in: factory, continuationToken: nil)
            }
        )

        #expect(error.disposition == answer.read)
        #expect(error.disposition != .ambiguous)
        #expect(error.code == answer.code)
        #expect(error.retryAfter == answer.retryAfter)
    }

    @Test("the text about a wait counts for a 429 alone")
    func waitInOtherText() async throws {
        let body = ServiceAnswer.error("BadRequest", "Please try again after '6' seconds.")

        #expect(try await Sample.createRunFailure(ScriptedTransport(answering: .json(400, body))).retryAfter == nil)
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
            (.invalidRequest, .notSent, .credential),
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
                    ServiceAnswer.error("SubscriptionRequestsThrottled", "text", target: "t"),
                    [
                        HTTPHeader(name: "Retry-After", value: "372"),
                        HTTPHeader(name: "x-ms-request-id", value: "azure-1"),
                        HTTPHeader(name: "x-ms-correlation-request-id", value: "corr-1"),
                        HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-writes", value: "0"),
                        HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-global-writes", value: "2800"),
                        HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-reads", value: "many"),
                    ]
                )
            )
        )

        #expect(error.retryAfter == .seconds(372))
        #expect(error.azureRequestID == "azure-1")
        #expect(error.correlationID == "corr-1")
        #expect(error.remainingWrites == 0)
        #expect(error.rateLimit == RateLimit(remainingWrites: 0, remainingGlobalWrites: 2800))
        #expect(error.target == "t")
        #expect(
            error.description
                == "HTTP 429 SubscriptionRequestsThrottled: text [throttled] [x-ms-request-id azure-1]"
        )
    }
}
