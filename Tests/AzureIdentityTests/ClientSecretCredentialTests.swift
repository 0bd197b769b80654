import AzureIdentity
import Foundation
import Testing

@testable import struct AzureIdentity.ClientSecretCredential

@Suite("Client secret credential", .timeLimit(.minutes(5)))
struct ClientSecretCredentialTests {
    private static let secret = "s~e+c/r=e&t%8"
    private static let scope = "https://management.azure.com/.default"

    private let clock = ManualClock()

    private func credential(
        _ transport: any HTTPTransport,
        tenant: String = "tenant-1",
        client: String = "client-1",
        secret: String = Self.secret,
        authority: String = "login.microsoftonline.com"
    ) -> ClientSecretCredential {
        ClientSecretCredential(
            tenantID: tenant,
            clientID: client,
            clientSecret: secret,
            authorityHost: authority,
            transport: transport,
            timeout: .seconds(30),
            now: { [clock] in clock.date }
        )
    }

    private func failure(_ transport: ScriptedTransport) async throws -> AzureIdentityError {
        do {
            _ = try await credential(transport).token(for: Self.scope)
        } catch {
            return error
        }
        throw Unexpected()
    }

    private struct Unexpected: Error {}

    @Test("the request is Entra ID's v2 form, every value escaped")
    func request() async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"access_token":"t","expires_in":3599}"#))

        _ = try await credential(transport).token(for: Self.scope)

        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(request.url == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token")
        #expect(request.headers.contains(HTTPHeader(name: "content-type", value: "application/x-www-form-urlencoded")))
        #expect(request.carriesSecret)
        #expect(request.timeout == .seconds(30))
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "client_id=client-1&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
                + "&client_secret=s~e%2Bc%2Fr%3De%26t%258&grant_type=client_credentials"
        )
    }

    @Test(
        "the authority may be a host or a URL",
        arguments: [
            ("login.microsoftonline.us", "https://login.microsoftonline.us"),
            ("https://login.microsoftonline.com/", "https://login.microsoftonline.com"),
            ("http://127.0.0.1:8080//", "http://127.0.0.1:8080"),
        ]
    )
    func authority(given: String, used: String) async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"access_token":"t","expires_in":3599}"#))

        _ = try await credential(transport, authority: given).token(for: Self.scope)

        #expect(transport.requests.first?.url == "\(used)/tenant-1/oauth2/v2.0/token")
    }

    @Test(
        "lifetimes are read as numbers and as strings",
        arguments: [
            (#"{"access_token":"t","expires_in":3599}"#, 3599, nil),
            (#"{"access_token":"t","expires_in":"3599"}"#, 3599, nil),
            (#"{"access_token":"t","expires_in":3599.0,"refresh_in":"1800"}"#, 3599, 1800),
            (#"{"access_token":"t","expires_in":86399,"refresh_in":43199,"token_type":"Bearer"}"#, 86_399, 43_199),
            (#"{"access_token":"t","expires_in":3599,"refresh_in":null}"#, 3599, nil),
            (#"{"access_token":"t","expires_in":3599,"refresh_in":"soon"}"#, 3599, nil),
        ] as [(String, Double, Double?)]
    )
    func lifetimes(body: String, expiresIn: Double, refreshIn: Double?) async throws {
        let transport = ScriptedTransport(answering: .json(200, body))

        let token = try await credential(transport).token(for: Self.scope)

        #expect(token.token == "t")
        #expect(token.expiresOn == clock.start.addingTimeInterval(expiresIn))
        #expect(token.refreshOn == refreshIn.map(clock.start.addingTimeInterval))
    }

    @Test(
        "a success without a usable token is trouble that passes",
        arguments: [
            "", "<html>", "{}", "[]", #"{"access_token":"","expires_in":1}"#, #"{"access_token":"t"}"#,
            #"{"access_token":"t","expires_in":0}"#, #"{"access_token":"t","expires_in":"soon"}"#,
            #"{"access_token":"t","expires_in":1e99}"#, #"{"access_token":null,"expires_in":3599}"#,
        ]
    )
    func unusableAnswers(body: String) async throws {
        let error = try await failure(ScriptedTransport(answering: .json(200, body)))

        #expect(error.code == .malformedResponse)
        #expect(!error.isConfiguration)
        #expect(error.status == 200)
    }

    @Test(
        "every error is told apart into configuration and weather",
        arguments: [
            (400, #"{"error":"invalid_request","error_codes":[900144]}"#, .configuration),
            (401, #"{"error":"invalid_client","error_codes":[7000215]}"#, .configuration),
            (400, #"{"error":"unauthorized_client","error_codes":[700016]}"#, .configuration),
            (400, #"{"error":"invalid_grant"}"#, .configuration),
            (400, #"{"error":"invalid_scope","error_codes":[70011]}"#, .configuration),
            (400, #"{"error":"invalid_resource","error_codes":[500011]}"#, .configuration),
            (400, #"{"error":"unsupported_grant_type"}"#, .configuration),
            (400, #"{"error":"invalid_tenant","error_codes":[90002]}"#, .configuration),
            (404, "", .configuration),
            (403, "<html>", .configuration),
            (302, "", .configuration),
            (400, #"{"error":"temporarily_unavailable"}"#, .unavailable),
            (400, #"{"error":"server_error"}"#, .unavailable),
            (400, #"{"error":"invalid_request","error_codes":[90055]}"#, .unavailable),
            (408, "", .unavailable),
            (500, #"{"error":"invalid_client"}"#, .unavailable),
            (502, "<html>", .unavailable),
            (503, "", .unavailable),
            (504, "", .unavailable),
            (429, "", .throttled),
            (429, #"{"error":"invalid_client"}"#, .throttled),
        ] as [(Int, String, AzureIdentityError.Code)]
    )
    func errors(status: Int, body: String, code: AzureIdentityError.Code) async throws {
        let error = try await failure(ScriptedTransport(answering: .json(status, body)))

        #expect(error.code == code)
        #expect(error.isConfiguration == (code == .configuration))
        #expect(error.status == status)
        #expect(error.description.hasPrefix("client-secret(tenant: tenant-1, client: client-1): "))
    }

    @Test("an error keeps what support asks for, and only the first line of its text")
    func errorDetails() async throws {
        let body = #"""
            {"error":"invalid_client","error_codes":[7000215],"trace_id":"trace-1","correlation_id":"corr-1",
             "error_description":"AADSTS7000215: Invalid client secret.\r\nTrace ID: trace-1\r\nTimestamp: now"}
            """#
        let transport = ScriptedTransport(
            answering: .json(401, body, [HTTPHeader(name: "Retry-After", value: "7")])
        )

        let error = try await failure(transport)

        #expect(error.message == "AADSTS7000215: Invalid client secret.")
        #expect(error.entraError == "invalid_client")
        #expect(error.entraCodes == [7_000_215])
        #expect(error.traceID == "trace-1")
        #expect(error.correlationID == "corr-1")
        #expect(error.retryAfter == .seconds(7))
        #expect(error.description.contains("trace-1"))
    }

    @Test("members of the wrong type are taken for missing")
    func tolerantErrors() async throws {
        let body = #"{"error":{"code":1},"error_codes":"x","trace_id":null,"error_description":["a"]}"#

        let error = try await failure(ScriptedTransport(answering: .json(400, body)))

        #expect(error.code == .configuration)
        #expect(error.entraError == nil)
        #expect(error.entraCodes.isEmpty)
        #expect(error.message == "the token endpoint answered 400")
    }

    @Test("a long description is cut")
    func boundedMessage() async throws {
        let body = #"{"error":"invalid_client","error_description":"\#(String(repeating: "ä", count: 4000))"}"#

        let error = try await failure(ScriptedTransport(answering: .json(400, body)))

        #expect(error.message.utf8.count <= 1024 + 3)
        #expect(error.message.hasSuffix("ä…"))
    }

    @Test(
        "no answer is weather, unless nothing can ever be sent",
        arguments: [
            (.connectFailed, .network), (.timeout, .network), (.connectionLost, .network), (.tlsFailed, .network),
            (.cancelled, .cancelled), (.insecureURL, .configuration), (.invalidRequest, .configuration),
        ] as [(HTTPTransportError.Code, AzureIdentityError.Code)]
    )
    func transportErrors(cause: HTTPTransportError.Code, code: AzureIdentityError.Code) async throws {
        let cause = HTTPTransportError(code: cause, message: "x", certainty: .unknown)

        let error = try await failure(ScriptedTransport(failing: cause))

        #expect(error.code == code)
        #expect(error.underlying == cause)
    }

    @Test(
        "values that cannot work are configuration errors before anything is sent",
        arguments: [
            ("", "c", "s"), ("..", "c", "s"), ("a/b", "c", "s"), ("a?b", "c", "s"), ("tenänt", "c", "s"),
            ("t", "", "s"), ("t", "c", ""),
        ]
    )
    func badConfiguration(tenant: String, client: String, secret: String) async throws {
        let transport = ScriptedTransport([])
        let credential = credential(transport, tenant: tenant, client: client, secret: secret)

        let error = await #expect(throws: AzureIdentityError.self) { try await credential.token(for: Self.scope) }

        #expect(error?.isConfiguration == true)
        #expect(transport.requests.isEmpty)
    }

    @Test("the secret is in no description, whatever the other side says")
    func secrecy() async throws {
        let encoded = PercentEncoding.encode(Self.secret)
        let echo = #"""
            {"error":"\#(Self.secret)","error_description":"you sent \#(Self.secret) or \#(encoded)",
             "trace_id":"\#(Self.secret)","correlation_id":"\#(encoded)"}
            """#
        let transport = ScriptedTransport(answering: .json(400, echo))
        let error = try await failure(transport)
        let request = try #require(transport.requests.first)
        let token = AccessToken(token: Self.secret, expiresOn: clock.start)
        let response = HTTPResponse.json(200, Self.secret, [HTTPHeader(name: "x", value: Self.secret)])
        let credential = credential(transport)
        let values: [Any] = [
            credential, TokenCache(credential), error, request, request.headers, token, response, [token],
            Secret(Self.secret), HTTPHeader(name: "authorization", value: Self.secret), Optional(token) as Any,
        ]

        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in [String(describing: value), String(reflecting: value), dumped] {
                #expect(!text.contains(Self.secret) && !text.contains(encoded))
            }
        }
    }
}
