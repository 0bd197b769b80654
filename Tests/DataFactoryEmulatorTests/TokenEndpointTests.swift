import AsyncHTTPClient
import DataFactoryEmulator
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("The token endpoint", .timeLimit(.minutes(5)))
struct TokenEndpointTests {
    private static let tenant = #","tenants":[{"tenantId":"Contoso","clientId":"App","clientSecret":"a+b&c=d%e f"}]"#
    private static let good = [
        "grant_type": "client_credentials", "client_id": "app", "client_secret": "a%2Bb%26c%3Dd%25e+f",
        "scope": "https%3A%2F%2Fmanagement.azure.com%2F.default",
    ]

    private static func form(_ changes: [String: String?] = [:]) -> String {
        var fields = good
        for (name, value) in changes { fields[name] = value }
        return fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    }

    @Test("a secret of awkward characters gets a token, in any case of tenant and client")
    func secret() async throws {
        try await withEmulator(options: Self.tenant + #","tokenLifetimeSeconds":60"#) { emulator in
            let reply = try await emulator.send(.POST, "/CONTOSO/oauth2/v2.0/token", body: Self.form())

            #expect(reply.status == 200, "\(reply.body)")
            #expect(reply["token_type"] as? String == "Bearer")
            #expect(reply["expires_in"] as? Int == 60)
            #expect((reply["access_token"] as? String)?.isEmpty == false)
            #expect(reply.headers.first(name: "cache-control")?.contains("no-store") == true)
        }
    }

    @Test("without tenants anyone gets a token")
    func anyone() async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.send(.POST, "/x/oauth2/v2.0/token", body: Self.form())

            #expect(reply.status == 200)
        }
    }

    @Test("the scopes of every cloud and of the emulator itself are good")
    func scopes() async throws {
        try await withEmulator { emulator in
            let scopes = [
                "https://management.azure.com/.default", "https://management.azure.com//.default",
                "https://management.chinacloudapi.cn/.default", "https://management.core.usgovcloudapi.net/.default",
                emulator.baseURL + "/.default",
            ]
            for scope in scopes {
                let body = Self.form(["scope": scope])
                let reply = try await emulator.send(.POST, "/x/oauth2/v2.0/token", body: body)
                #expect(reply.status == 200, "\(scope)")
            }
        }
    }

    @Test(
        "a refusal has Entra ID's number and word",
        arguments: [
            (["client_secret": "wrong"], 401, "invalid_client", 7_000_215),
            (["client_secret": nil], 401, "invalid_client", 7_000_218),
            (["client_id": "other"], 400, "unauthorized_client", 700_016),
            (["client_id": nil], 400, "invalid_request", 900_144),
            (["grant_type": nil], 400, "invalid_request", 900_144),
            (["scope": nil], 400, "invalid_request", 90014),
            (["scope": "https%3A%2F%2Fmanagement.azure.com"], 400, "invalid_scope", 70011),
            (["scope": "https%3A%2F%2Fnobody.example%2F.default"], 400, "invalid_resource", 500_011),
            (["scope": "https%3A%2F%2F%2F.default"], 400, "invalid_scope", 70011),
            (["claims": "%7B"], 400, "invalid_request", 90023),
            (["claims": "%5B%5D"], 400, "invalid_request", 90023),
            (["client_assertion": "a.b.c"], 400, "invalid_request", 90023),
            (["client_secret": nil, "client_assertion": "a.b.c"], 400, "invalid_request", 900_144),
            (
                ["client_secret": nil, "client_assertion": "a.b.c", "client_assertion_type": "saml"], 400,
                "invalid_request", 90023
            ),
            (["resource": "https%3A%2F%2Fmanagement.azure.com%2F"], 400, "invalid_request", 901_002),
            (["grant_type": "password"], 400, "unsupported_grant_type", 70003),
            (["client_secret": "%zz"], 400, "invalid_request", 9_002_313),
        ] as [([String: String?], Int, String, Int)]
    )
    func refusals(_ changes: [String: String?], _ status: Int, _ error: String, _ code: Int) async throws {
        try await withEmulator(options: Self.tenant) { emulator in
            let body = Self.form(changes)
            let reply = try await emulator.send(.POST, "/contoso/oauth2/v2.0/token", body: body)

            #expect(reply.status == status)
            #expect(reply["error"] as? String == error)
            #expect(reply["error_codes"] as? [Int] == [code])
            let description = try #require(reply["error_description"] as? String)
            let traceID = try #require(reply["trace_id"] as? String)
            let correlationID = try #require(reply["correlation_id"] as? String)
            let timestamp = try #require(reply["timestamp"] as? String)
            #expect(description.hasPrefix("AADSTS\(code): "))
            #expect(
                description.hasSuffix("Trace ID: \(traceID) Correlation ID: \(correlationID) Timestamp: \(timestamp)")
            )
            #expect(!reply.body.contains("a+b&c"))
        }
    }

    @Test("the older endpoint takes a resource in place of a scope, and writes its numbers as strings")
    func version1() async throws {
        let clock = ManualClock()
        let options = Self.tenant + #","tokenLifetimeSeconds":60,"tokenRefreshSeconds":30"#
        try await withEmulator(options: options, clock: clock.clock) { emulator in
            let body = Self.form(["scope": nil, "resource": "https%3A%2F%2Fmanagement.azure.com%2F"])
            let reply = try await emulator.send(.POST, "/contoso/oauth2/token", body: body)
            let start = clock.now.secondsSince1970

            #expect(reply.status == 200, "\(reply.body)")
            #expect(reply["expires_in"] as? String == "60")
            #expect(reply["ext_expires_in"] as? String == "60")
            #expect(reply["refresh_in"] as? String == "30")
            #expect(reply["expires_on"] as? String == String(start + 60))
            #expect(reply["not_before"] as? String == String(start))
            #expect(reply["resource"] as? String == "https://management.azure.com/")
            let token = try #require(reply["access_token"] as? String)
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            #expect(try await emulator.send(.GET, path, token: token).status == 200)
        }
    }

    @Test(
        "the older endpoint refuses a resource that is missing or that nobody has",
        arguments: [
            (nil, "invalid_request", 90014), ("https%3A%2F%2Fnobody.example%2F", "invalid_resource", 500_011),
            ("management", "invalid_resource", 500_011),
        ] as [(String?, String, Int)]
    )
    func version1Refusals(_ resource: String?, _ error: String, _ code: Int) async throws {
        try await withEmulator(options: Self.tenant) { emulator in
            let body = Self.form(["scope": nil, "resource": resource])
            let reply = try await emulator.send(.POST, "/contoso/oauth2/token", body: body)

            #expect(reply.status == 400)
            #expect(reply["error"] as? String == error)
            #expect(reply["error_codes"] as? [Int] == [code])
        }
    }

    @Test(
        "the client may prove itself by a Basic header, whose name and secret are form-encoded",
        arguments: [
            ("app:a%2Bb%26c%3Dd%25e+f", 200, nil), ("app:a+b&c=d%25e f", 401, 7_000_215),
            ("other:a%2Bb%26c%3Dd%25e+f", 400, 700_016), ("app:", 400, 9_002_313), (":x", 400, 9_002_313),
            ("app", 400, 9_002_313), ("app:%zz", 400, 9_002_313),
        ] as [(String, Int, Int?)]
    )
    func basic(_ pair: String, _ status: Int, _ code: Int?) async throws {
        try await withEmulator(options: Self.tenant) { emulator in
            let reply = try await emulator.send(
                .POST,
                "/contoso/oauth2/v2.0/token",
                headers: ["Authorization": "basic \(Data(pair.utf8).base64EncodedString())"],
                body: Self.form(["client_id": nil, "client_secret": nil])
            )

            #expect(reply.status == status, "\(reply.body)")
            #expect((reply["error_codes"] as? [Int])?.first == code)
        }
    }

    @Test("a secret that was good once is expired, and a wrong one is wrong")
    func expiredSecret() async throws {
        let tenant =
            #","tenants":[{"tenantId":"contoso","clientId":"app","clientSecret":"old","secretExpired":true}]"#
        try await withEmulator(options: tenant) { emulator in
            let expired = Self.form(["client_secret": "old"])
            let wrong = Self.form(["client_secret": "new"])
            let first = try await emulator.send(.POST, "/contoso/oauth2/v2.0/token", body: expired)
            let second = try await emulator.send(.POST, "/contoso/oauth2/v2.0/token", body: wrong)

            #expect(first.status == 401)
            #expect(second.status == 401)
            #expect(first["error"] as? String == "invalid_client")
            #expect(first["error_codes"] as? [Int] == [7_000_222])
            #expect(second["error_codes"] as? [Int] == [7_000_215])
        }
    }

    @Test("another verb than POST is refused by number", arguments: [HTTPMethod.GET, .PUT])
    func verbs(_ method: HTTPMethod) async throws {
        try await withEmulator { emulator in
            for path in ["/contoso/oauth2/v2.0/token", "/contoso/oauth2/token"] {
                let reply = try await emulator.send(method, path)

                #expect(reply.status == 400)
                #expect(reply["error"] as? String == "invalid_request")
                #expect(reply["error_codes"] as? [Int] == [900_561])
            }
        }
    }

    @Test("a client that can be told to refresh is told when")
    func refresh() async throws {
        try await withEmulator(options: #","tokenLifetimeSeconds":600,"tokenRefreshSeconds":300"#) { emulator in
            let told = try await emulator.send(.POST, "/x/oauth2/v2.0/token", body: Self.form())

            #expect(told["refresh_in"] as? Int == 300)
            #expect(told["expires_in"] as? Int == 600)
        }
    }

    @Test(
        "claims are taken, and the token shows what was asked for",
        arguments: [
            (#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#, true, false),
            (#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#, false, true),
            (#"{"access_token":{"xms_cc":{"values":["CP1"]},"acrs":{"value":"c1"}}}"#, true, true),
            ("{}", false, false), (#"{"access_token":null}"#, false, false),
        ]
    )
    func claims(_ claims: String, _ isCapable: Bool, _ answersChallenge: Bool) async throws {
        try await withEmulator { emulator in
            let escaped = try #require(claims.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let reply = try await emulator.send(.POST, "/x/oauth2/v2.0/token", body: Self.form(["claims": escaped]))
            let token = try #require(reply["access_token"] as? String)
            let payload = try #require(Data(base64URL: token.split(separator: ".")[1]))
            let shown = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])

            #expect(shown["xms_cc"] as? [String] == (isCapable ? ["CP1"] : nil))
            #expect(shown["emulator_challenge"] as? Bool == (answersChallenge ? true : nil))
        }
    }

    @Test(
        "a token for another service is issued, and refused by the management API",
        arguments: ["https://graph.microsoft.com/.default", "https://vault.azure.net/.default"]
    )
    func wrongAudience(_ scope: String) async throws {
        try await withEmulator { emulator in
            let issued = try await emulator.send(
                .POST,
                "/x/oauth2/v2.0/token",
                body: Self.form(["scope": scope])
            )
            let token = try #require(issued["access_token"] as? String)
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            let reply = try await emulator.send(.GET, path, token: token)

            #expect(reply.status == 401)
            #expect(reply.errorCode == "InvalidAuthenticationTokenAudience")
            #expect(reply.headers.contains(name: "www-authenticate"))
        }
    }

    @Test("an unknown tenant is refused before the client is looked at")
    func unknownTenant() async throws {
        try await withEmulator(options: Self.tenant) { emulator in
            let reply = try await emulator.send(.POST, "/fabrikam/oauth2/v2.0/token", body: Self.form())

            #expect(reply.status == 400)
            #expect(reply["error_codes"] as? [Int] == [90002])
        }
    }

    @Test("the client's correlation id comes back")
    func correlation() async throws {
        try await withEmulator { emulator in
            let id = "11111111-2222-4333-8444-555555555555"
            let reply = try await emulator.send(
                .POST,
                "/x/oauth2/v2.0/token",
                headers: ["client-request-id": id],
                body: "grant_type=x"
            )

            #expect(reply["correlation_id"] as? String == id)
        }
    }

    @Test("a token is good until its time is over and no longer")
    func expiry() async throws {
        let clock = ManualClock()
        try await withEmulator(options: #","tokenLifetimeSeconds":60"#, clock: clock.clock) { emulator in
            let token = try await emulator.token()
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"

            clock.advance(by: .milliseconds(59_999))
            let early = try await emulator.send(.GET, path, token: token)
            clock.advance(by: .milliseconds(1))
            let late = try await emulator.send(.GET, path, token: token)

            #expect(early.status == 200)
            #expect(late.status == 401)
            #expect(late.errorCode == "ExpiredAuthenticationToken")
            #expect(late.headers.first(name: "www-authenticate")?.hasPrefix("Bearer ") == true)
        }
    }

    @Test("a token outlives a restart of the emulator")
    func restart() async throws {
        try await withEmulator { first in
            let token = try await first.token()
            try await withEmulator { second in
                let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
                let reply = try await second.send(.GET, path, token: token)

                #expect(reply.status == 200)
            }
        }
    }

    @Test(
        "a request without a good token is refused",
        arguments: [
            (nil, "AuthenticationFailed"), ("Basic abc", "AuthenticationFailed"),
            ("Bearer abc", "InvalidAuthenticationToken"), ("Bearer a.b.c", "InvalidAuthenticationToken"),
        ] as [(String?, String)]
    )
    func badTokens(_ header: String?, _ code: String) async throws {
        try await withEmulator { emulator in
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            let headers: HTTPHeaders = header.map { ["Authorization": $0] } ?? [:]
            let reply = try await emulator.send(.GET, path, headers: headers)

            #expect(reply.status == 401)
            #expect(reply.errorCode == code)
            #expect(reply.headers.contains(name: "www-authenticate"))
        }
    }

    @Test("a token whose claims were changed is refused")
    func forged() async throws {
        try await withEmulator { emulator in
            let token = try await emulator.token()
            var parts = token.split(separator: ".").map(String.init)
            parts[1] = String(parts[1].reversed())
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            let reply = try await emulator.send(.GET, path, token: parts.joined(separator: "."))

            #expect(reply.errorCode == "InvalidAuthenticationToken")
        }
    }
}
