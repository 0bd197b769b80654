import AzureIdentity
import Testing

@testable import DataFactory

@Suite("Claims challenges", .timeLimit(.minutes(5)))
struct ClaimsChallengeTests {
    // With "?>" and "~~" in it, so that the two base64 alphabets differ.
    private static let claims = #"{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"x":"?>~~?"}}"#
    private static let base64 =
        "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn0sIngiOiI/Pn5+PyJ9fQ=="
    private static let base64URL =
        "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn0sIngiOiI_Pn5-PyJ9fQ"

    private func claims(_ headers: String...) -> String? {
        ClaimsChallenge.claims(
            in: HTTPResponse(status: 401, headers: headers.map { HTTPHeader(name: "WWW-Authenticate", value: $0) })
        )
    }

    @Test(
        "claims are found and decoded",
        arguments: [
            #"Bearer realm="", error="insufficient_claims", claims="\#(base64)""#,
            #"Bearer realm="", error="insufficient_claims", claims="\#(base64URL)""#,
            #"Bearer claims="\#(base64URL)==", error="insufficient_claims""#,
            #"bearer CLAIMS = "\#(base64)" ,error="insufficient_claims""#,
            #"Bearer authorization_uri="https://a/b?c=d,e", error_description="no, \"more\" claims=\"x\"", claims="\#(base64)""#,
            #"Basic realm="a, Bearer claims=\"bm8\"", Bearer claims="\#(base64)""#,
            #"Negotiate, Bearer claims="\#(base64)", Basic realm="x""#,
            #"Negotiate YII=, Bearer error="insufficient_claims",claims="\#(base64)""#,
            #"PoP nonce="x", claims="bm8", Bearer realm="x", claims="\#(base64)""#,
            #"Bearer realm="one", Bearer realm="two", claims="\#(base64)""#,
            "Bearer claims=\(base64)", "Bearer claims=\(base64URL),realm=x", #",, Bearer claims="\#(base64)",,"#,
            #"Bearer claims="\#(base64)", claims="bm8""#,
        ]
    )
    func found(header: String) {
        #expect(claims(header) == Self.claims)
    }

    @Test("of several header fields the one with claims counts")
    func severalFields() {
        #expect(claims("Negotiate", #"Bearer error="x""#, #"Bearer claims="\#(Self.base64)""#) == Self.claims)
    }

    @Test(
        "what demands no claims that can be read demands none",
        arguments: [
            "", "Bearer", #"Bearer realm="""#, #"Bearer error="insufficient_claims""#, #"Bearer claims="""#,
            #"Bearer claims="!!!""#, #"Bearer claims="bm8""#, #"Bearer claims="W10=""#, #"Bearer claims="/w==""#,
            #"Bearer claims="\#(base64)"#, #"Basic claims="\#(base64)""#, #"claims="\#(base64)""#,
            #"Bearer "claims"="\#(base64)""#, #"Bearer error="claims=\"\#(base64)\"""#, ",,,", "=", "\"", "Bearer \\",
            #"Bearer claims="\"#,
        ]
    )
    func none(header: String) {
        #expect(claims(header) == nil)
    }

    @Test("no challenge at all demands none")
    func noHeader() {
        #expect(claims() == nil)
    }

    @Test("a token is asked for with the claims, and the request repeated once", arguments: [true, false])
    func repeated(isStart: Bool) async throws {
        let transport = ScriptedTransport(
            answering: Self.challenge,
            isStart ? Sample.started : .json(200, #"{"runId":"run-1"}"#)
        )
        let credential = ScriptedCredential()
        let client = Sample.client(transport, credential: credential)
        let pipeline = try Sample.pipeline()

        if isStart {
            _ = try await client.createRun(pipeline, parameters: [], clientRequestID: Sample.clientRequestID)
        } else {
            _ = try await client.run("run-1", in: pipeline.factoryReference)
        }

        #expect(credential.claims == [nil, Self.claims])
        #expect(transport.requests.map { $0.headers.last?.value } == ["Bearer token-1", "Bearer token-2"])
        #expect(transport.requests.first?.url == transport.requests.last?.url)
    }

    @Test("claims that cannot be read are answered with an ordinary fresh token")
    func unreadable() async throws {
        let header = HTTPHeader(name: "WWW-Authenticate", value: #"Bearer claims="!""#)
        let transport = ScriptedTransport(answering: .json(401, "", [header]), Sample.started)
        let credential = ScriptedCredential()

        _ = try await Sample.client(transport, credential: credential).createRun(
            Sample.pipeline(),
            parameters: [],
            clientRequestID: Sample.clientRequestID
        )

        #expect(credential.claims == [nil, nil])
    }

    @Test("a second refusal is our trouble, whatever it demands")
    func refusedAgain() async throws {
        let transport = ScriptedTransport(answering: Self.challenge, Self.challenge)
        let credential = ScriptedCredential()

        let error = try await Sample.createRunFailure(transport, credential: credential)

        #expect(error.disposition == .credential)
        #expect(error.code == "InvalidAuthenticationToken")
        #expect(transport.requests.count == 2)
        #expect(credential.count == 2)
    }

    @Test("what the claims brought serves the next request")
    func kept() async throws {
        let transport = ScriptedTransport(answering: Self.challenge, Sample.started, Sample.started)
        let credential = ScriptedCredential()
        let client = Sample.client(transport, credential: credential)

        for _ in 0..<2 {
            _ = try await client.createRun(Sample.pipeline(), parameters: [], clientRequestID: Sample.clientRequestID)
        }

        #expect(credential.count == 2)
        #expect(transport.requests.last?.headers.last?.value == "Bearer token-2")
    }

    @Test("requests refused one after the other with one token cost one token request with the claims")
    func late() async throws {
        // The second request is under way with the old token while the first is refused, repeated and answered.
        let credential = ScriptedCredential()
        let cache = TokenCache(credential)
        let first = ScriptedTransport(answering: Self.challenge, Sample.started)
        let second = ScriptedTransport(answering: Self.challenge, Sample.started)
        let gate = GatedTransport(second)
        let late = DataFactoryClient(
            endpoint: "https://management.azure.com",
            credential: cache,
            transport: gate,
            scope: "https://management.azure.com/.default"
        )
        let pipeline = try Sample.pipeline()
        async let answer = late.createRun(pipeline, parameters: [], clientRequestID: Sample.clientRequestID)
        await gate.arrival()
        _ = try await Sample.client(first, credential: cache)
            .createRun(pipeline, parameters: [], clientRequestID: Sample.clientRequestID)

        gate.open()
        _ = try await answer

        #expect(second.requests.map { $0.headers.last?.value } == ["Bearer token-1", "Bearer token-2"])
        #expect(credential.claims == [nil, Self.claims])
    }

    private static let challenge = HTTPResponse.json(
        401,
        #"{"error":{"code":"InvalidAuthenticationToken","message":"Continuous access evaluation"}}"#,
        [
            HTTPHeader(
                name: "WWW-Authenticate",
                value: #"Bearer realm="", error="insufficient_claims", claims="\#(base64)""#
            )
        ]
    )
}
