import DataFactoryEmulator
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("Permissions and challenges", .timeLimit(.minutes(5)))
struct AccessTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    private static let challenge = #"{"access_token":{"nbf":{"essential":true,"value":"1795377600"}}}"#
    private static let capabilities = #"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#

    private static func token(_ emulator: EmulatorClient, client: String = "client", claims: String?) async throws
        -> String
    {
        var form =
            "client_id=\(client)&client_secret=secret&grant_type=client_credentials"
            + "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
        if let claims {
            let allowed = CharacterSet.alphanumerics
            form += "&claims=\(try #require(claims.addingPercentEncoding(withAllowedCharacters: allowed)))"
        }
        let reply = try await emulator.send(.POST, "/tenant/oauth2/v2.0/token", body: form)
        return try #require(reply["access_token"] as? String, "\(reply.body)")
    }

    private static func path(_ rest: String) -> String {
        "\(EmulatorClient.factory)/\(rest)?api-version=2018-06-01"
    }

    @Test(
        "a client without a permission is told which one, on what, and nothing is done",
        arguments: [
            ("reader", HTTPMethod.POST, "pipelines/plain/createRun", "pipelines/createrun/action", "/pipelines/plain"),
            ("reader", .POST, "pipelineruns/\(id)/cancel", "pipelineruns/cancel/action", "/pipelineruns/\(id)"),
            ("runner", .GET, "pipelines/plain", "pipelines/read", "/pipelines/plain"),
            ("runner", .GET, "pipelineruns/\(id)", "pipelineruns/read", "/pipelineruns/\(id)"),
            ("runner", .POST, "queryPipelineRuns", "querypipelineruns/action", ""),
            (
                "runner", .POST, "pipelineruns/\(id)/queryActivityruns", "pipelineruns/queryactivityruns/action",
                "/pipelineruns/\(id)"
            ),
        ]
    )
    func forbidden(_ client: String, _ method: HTTPMethod, _ path: String, _ action: String, _ scope: String)
        async throws
    {
        let options = """
            ,"tenants":[{"tenantId":"tenant","clientId":"Reader","clientSecret":"secret","mayRun":false},
            {"tenantId":"tenant","clientId":"runner","clientSecret":"secret","mayRead":false}]
            """
        try await withEmulator(options: options) { emulator in
            let token = try await Self.token(emulator, client: client, claims: nil)
            let reply = try await emulator.send(method, Self.path(path), token: token, body: "{}")

            #expect(reply.status == 403)
            #expect(reply.errorCode == "AuthorizationFailed")
            #expect(
                reply.errorMessage?.contains("'Microsoft.DataFactory/factories/\(action)'") == true,
                "\(reply.body)"
            )
            #expect(reply.errorMessage?.contains("over scope '\(EmulatorClient.factory)\(scope)'") == true)
            #expect(reply.headers.first(name: "x-ms-failure-cause") == "gateway")
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test("what one permission does not cover, the other still does")
    func partly() async throws {
        let options = """
            ,"tenants":[{"tenantId":"tenant","clientId":"reader","clientSecret":"secret","mayRun":false},
            {"tenantId":"tenant","clientId":"runner","clientSecret":"secret","mayRead":false}]
            """
        try await withEmulator(options: options) { emulator in
            let reader = try await Self.token(emulator, client: "reader", claims: nil)
            let runner = try await Self.token(emulator, client: "runner", claims: nil)
            let read = try await emulator.send(.GET, Self.path("pipelines/plain"), token: reader)
            let run = try await emulator.send(.POST, Self.path("pipelines/plain/createRun"), token: runner)

            #expect(read.status == 200)
            #expect(run.status == 200)
        }
    }

    @Test("a challenge demands claims until a token was asked for with them")
    func claimsChallenge() async throws {
        try await withEmulator(clock: ManualClock().clock) { emulator in
            try await emulator.setFaults(#"[{"route":"*","fault":"claims-challenge"}]"#)
            let plain = try await Self.token(emulator, claims: nil)
            let capable = try await Self.token(emulator, claims: Self.capabilities)
            let answering = try await Self.token(emulator, claims: Self.challenge)
            let path = Self.path("pipelines/plain/createRun")
            let first = try await emulator.send(.POST, path, token: plain, body: "{}")
            let second = try await emulator.send(.POST, path, token: capable, body: "{}")
            let none = try await emulator.runs().count
            let third = try await emulator.send(.POST, path, token: answering, body: "{}")

            #expect(first.status == 401)
            #expect(second.status == 401)
            #expect(none == 0)
            #expect(third.status == 200)
            let header = try #require(first.headers.first(name: "www-authenticate"))
            let start = #"Bearer realm="", error="insufficient_claims", claims=""#
            #expect(header.hasPrefix(start))
            let encoded = header.dropFirst(start.count).dropLast()
            let claims = try #require(Data(base64Encoded: String(encoded)))
            #expect(String(decoding: claims, as: UTF8.self) == Self.challenge)
        }
    }

    @Test("a request without a good token is not challenged but refused, and uses no challenge up")
    func noToken() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"claims-challenge","times":1}]"#)
            let path = Self.path("pipelines/plain/createRun")
            let refused = try await emulator.send(.POST, path, token: "nonsense", body: "{}")
            let challenged = try await emulator.createRun()
            let next = try await emulator.createRun()

            #expect(refused.errorCode == "InvalidAuthenticationToken")
            #expect(challenged.headers.first(name: "www-authenticate")?.contains("insufficient_claims") == true)
            #expect(next.status == 200)
        }
    }
}
