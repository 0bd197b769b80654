import AzureIdentity
import DataFactory
import Testing

@Suite("Authentication", .timeLimit(.minutes(5)))
struct AuthenticationTests {
    private let unauthorized = HTTPResponse.json(
        401,
        #"{"error":{"code":"ExpiredAuthenticationToken","message":"expired"}}"#
    )

    @Test("a refused token is replaced and the request repeated once, unchanged otherwise")
    func freshToken() async throws {
        let transport = ScriptedTransport(answering: unauthorized, Sample.started)
        let credential = ScriptedCredential()

        _ = try await Sample.client(transport, credential: credential).createRun(
            Sample.pipeline(),
            parameters: Array(#"{"a":1}"#.utf8),
            clientRequestID: Sample.clientRequestID
        )

        let requests = transport.requests
        #expect(requests.map { $0.headers.last?.value } == ["Bearer token-1", "Bearer token-2"])
        #expect(requests.allSatisfy { $0.headers.count == 4 && $0.body == Array(#"{"a":1}"#.utf8) })
        #expect(requests.first?.url == requests.last?.url)
        #expect(credential.count == 2)
    }

    @Test("a fresh token refused as well is our trouble")
    func refusedAgain() async throws {
        let transport = ScriptedTransport(answering: unauthorized, unauthorized)

        let error = try await Sample.createRunFailure(transport)

        #expect(error.disposition == .credential)
        #expect(error.status == 401)
        #expect(error.code == "ExpiredAuthenticationToken")
        #expect(transport.requests.count == 2)
    }

    @Test("what follows a refused token is judged by itself")
    func ambiguousAfterRefusal() async throws {
        let lost = HTTPTransportError(code: .connectionLost, message: "gone", certainty: .unknown)
        let transport = ScriptedTransport([{ [unauthorized] _ in .success(unauthorized) }, { _ in .failure(lost) }])

        let error = try await Sample.createRunFailure(transport)

        #expect(error.disposition == .ambiguous)
    }

    @Test("a read repeats with a fresh token too")
    func readRepeats() async throws {
        let transport = ScriptedTransport(answering: unauthorized, .json(200, #"{"runId":"run-1"}"#))

        let run = try await Sample.client(transport).run("run-1", in: Sample.pipeline().factoryReference)

        #expect(run?.runID == "run-1")
    }

    @Test("without a token nothing is sent", arguments: [true, false])
    func noToken(isConfiguration: Bool) async throws {
        let cause = AzureIdentityError(
            code: isConfiguration ? .configuration : .throttled,
            message: "no",
            credential: "client-secret(tenant: t, client: c)",
            retryAfter: .seconds(9)
        )
        let transport = ScriptedTransport([])

        let error = try await Sample.createRunFailure(transport, credential: ScriptedCredential(failing: cause))

        #expect(error.disposition == .credential)
        #expect(error.retryAfter == .seconds(9))
        #expect(error.description.contains("client-secret(tenant: t, client: c)"))
        guard case .identity(let underlying) = error.underlying else {
            Issue.record("the identity error is lost")
            return
        }
        #expect(underlying.isConfiguration == isConfiguration)
        #expect(transport.requests.isEmpty)
    }

    @Test("a caller cancelled while it waits for a token has certainly started nothing")
    func cancelledWaiting() async throws {
        let cause = AzureIdentityError(code: .cancelled, message: "cancelled", credential: "x")

        let error = try await Sample.createRunFailure(
            ScriptedTransport([]),
            credential: ScriptedCredential(failing: cause)
        )

        #expect(error.disposition == .safe)
    }

    @Test("clients that share a token cache share its tokens")
    func sharedCache() async throws {
        let credential = ScriptedCredential()
        let cache = TokenCache(credential)
        for _ in 0..<2 {
            let client = Sample.client(ScriptedTransport(answering: Sample.started), credential: cache)
            _ = try await client.createRun(Sample.pipeline(), parameters: [], clientRequestID: Sample.clientRequestID)
        }

        #expect(credential.count == 1)
    }
}
