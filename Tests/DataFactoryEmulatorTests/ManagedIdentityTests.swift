import AsyncHTTPClient
import DataFactoryEmulator
import Foundation
import NIOHTTP1
import Testing

@Suite("Managed identities", .timeLimit(.minutes(5)))
struct ManagedIdentityTests {
    private static let resource = "resource=https%3A%2F%2Fmanagement.azure.com%2F"
    private static let imdsPath = "/metadata/identity/oauth2/token?api-version=2018-02-01&\(resource)"
    private static let appServicePath = "/msi/token?api-version=2019-08-01&\(resource)"
    private static let metadata: HTTPHeaders = ["Metadata": "true"]
    private static let machine = """
        ,"identityHeader":"open sesame","tokenLifetimeSeconds":3599,"managedIdentities":[
        {"clientId":"own","systemAssigned":true},
        {"clientId":"given","objectId":"object","resourceId":"/subscriptions/s/identities/given"}]
        """

    /// The application a token is for.
    private static func client(_ reply: Reply) throws -> String {
        let token = try #require(reply["access_token"] as? String, "\(reply.body)")
        let payload = try #require(Data(base64URL: token.split(separator: ".")[1]))
        let claims = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])
        return try #require(claims["appid"] as? String)
    }

    @Test("a virtual machine's token is good, and its numbers are strings")
    func virtualMachine() async throws {
        let clock = ManualClock()
        try await withEmulator(options: Self.machine, clock: clock.clock) { emulator in
            let reply = try await emulator.send(.GET, Self.imdsPath, headers: Self.metadata)
            let start = clock.now.secondsSince1970

            #expect(reply.status == 200, "\(reply.body)")
            #expect(reply["expires_in"] as? String == "3599")
            #expect(reply["ext_expires_in"] as? String == "3599")
            #expect(reply["expires_on"] as? String == String(start + 3599))
            #expect(reply["not_before"] as? String == String(start))
            #expect(reply["resource"] as? String == "https://management.azure.com/")
            #expect(reply["client_id"] as? String == "own")
            let token = try #require(reply["access_token"] as? String)
            let path = EmulatorClient.factory + "/pipelines/plain?api-version=2018-06-01"
            #expect(try await emulator.send(.GET, path, token: token).status == 200)
        }
    }

    @Test(
        "a request chooses the identity by any of its names, in any case",
        arguments: [
            ("", "own"), ("&client_id=given", "given"), ("&client_id=OWN", "own"), ("&object_id=object", "given"),
            ("&msi_res_id=%2Fsubscriptions%2FS%2Fidentities%2Fgiven", "given"),
        ]
    )
    func choice(_ query: String, _ client: String) async throws {
        try await withEmulator(options: Self.machine) { emulator in
            let reply = try await emulator.send(.GET, Self.imdsPath + query, headers: Self.metadata)

            #expect(try Self.client(reply) == client)
        }
    }

    @Test("where the machine has no identity of its own, the only one it was given is meant")
    func onlyOne() async throws {
        try await withEmulator(options: #","managedIdentities":[{"clientId":"given"}]"#) { emulator in
            let reply = try await emulator.send(.GET, Self.imdsPath, headers: Self.metadata)

            #expect(try Self.client(reply) == "given")
        }
    }

    @Test(
        "a virtual machine refuses with 400 what it will never answer",
        arguments: [
            (Self.imdsPath, [:], "metadata header"), (Self.imdsPath, ["Metadata": "false"], "metadata header"),
            (Self.imdsPath, ["Metadata": "true", "X-Forwarded-For": "10.0.0.1"], "X-Forwarded-For"),
            (Self.imdsPath + "&client_id=nobody", Self.metadata, "Identity not found"),
            (Self.imdsPath + "&client_id=given&object_id=object", Self.metadata, "more than one way"),
            ("/metadata/identity/oauth2/token?\(resource)", Self.metadata, "'api-version' is missing"),
            ("/metadata/identity/oauth2/token?api-version=2017-01-01&\(resource)", Self.metadata, "2017-01-01"),
            ("/metadata/identity/oauth2/token?api-version=2018-02-01", Self.metadata, "'resource' is missing"),
        ] as [(String, HTTPHeaders, String)]
    )
    func refusals(_ path: String, _ headers: HTTPHeaders, _ hint: String) async throws {
        try await withEmulator(options: Self.machine) { emulator in
            let reply = try await emulator.send(.GET, path, headers: headers)

            #expect(reply.status == 400)
            #expect(reply["error"] as? String == "invalid_request")
            #expect((reply["error_description"] as? String)?.contains(hint) == true, "\(reply.body)")
        }
    }

    @Test("a machine without identities, with too many, or asked for an unknown resource has no token to give")
    func noIdentity() async throws {
        let two = #","managedIdentities":[{"clientId":"a"},{"clientId":"b"}]"#
        let unknown = Self.imdsPath.replacing("management.azure.com", with: "nobody.example")
        for (options, path, error, hint) in [
            ("", Self.imdsPath, "invalid_request", "Identity not found"),
            (two, Self.imdsPath, "invalid_request", "Multiple user assigned identities"),
            (Self.machine, unknown, "invalid_resource", "AADSTS500011"),
        ] {
            try await withEmulator(options: options) { emulator in
                let reply = try await emulator.send(.GET, path, headers: Self.metadata)

                #expect(reply.status == 400)
                #expect(reply["error"] as? String == error)
                #expect((reply["error_description"] as? String)?.contains(hint) == true, "\(reply.body)")
            }
        }
    }

    @Test("App Service opens to its header, and says when the token ends but not how long it lasts")
    func appService() async throws {
        let clock = ManualClock()
        try await withEmulator(options: Self.machine, clock: clock.clock) { emulator in
            let headers: HTTPHeaders = ["X-IDENTITY-HEADER": "open sesame"]
            let reply = try await emulator.send(.GET, Self.appServicePath, headers: headers)

            #expect(reply.status == 200, "\(reply.body)")
            #expect(reply["expires_on"] as? String == String(clock.now.secondsSince1970 + 3599))
            #expect(reply["expires_in"] == nil)
            #expect(try Self.client(reply) == "own")
            for query in ["client_id=given", "principal_id=object", "mi_res_id=/subscriptions/s/identities/given"] {
                let chosen = try await emulator.send(.GET, "\(Self.appServicePath)&\(query)", headers: headers)
                #expect(try Self.client(chosen) == "given", "\(query)")
            }
        }
    }

    @Test("App Service's older variant has another header and another name for the client")
    func olderAppService() async throws {
        try await withEmulator(options: Self.machine) { emulator in
            let path = Self.appServicePath.replacing("2019-08-01", with: "2017-09-01")
            let reply = try await emulator.send(
                .GET,
                path + "&clientid=given",
                headers: ["secret": "open sesame"]
            )
            let newer = try await emulator.send(.GET, path, headers: ["X-IDENTITY-HEADER": "open sesame"])

            #expect(try Self.client(reply) == "given")
            #expect(reply["expires_in"] == nil)
            #expect(newer.status == 401)
        }
    }

    @Test(
        "App Service refuses in its own shape",
        arguments: [
            ("", [:], 401, "identity header"), ("", ["X-IDENTITY-HEADER": "x"], 401, "identity header"),
            ("&client_id=nobody", ["X-IDENTITY-HEADER": "open sesame"], 400, "Identity not found"),
        ] as [(String, HTTPHeaders, Int, String)]
    )
    func appServiceRefusals(_ query: String, _ headers: HTTPHeaders, _ status: Int, _ hint: String) async throws {
        try await withEmulator(options: Self.machine) { emulator in
            let reply = try await emulator.send(.GET, Self.appServicePath + query, headers: headers)

            #expect(reply.status == status)
            #expect(reply["statusCode"] as? Int == status)
            #expect((reply["message"] as? String)?.contains(hint) == true)
            #expect(!reply.body.contains("open sesame"))
        }
    }

    @Test("a machine of Azure Arc opens to whoever can read the file it names")
    func arc() async throws {
        let keys = try TestKeys()
        let file = try keys.write("the agent's key", to: "agent.key")
        let options = Self.machine + #","arcKeyFile":"agent.key""#
        try await withEmulator(options: options, folder: keys.folder.path) { emulator in
            let path = "/arc/metadata/identity/oauth2/token?api-version=2020-06-01&\(Self.resource)"
            let challenge = try await emulator.send(.GET, path, headers: Self.metadata)
            let wrong = try await emulator.send(.GET, path, headers: ["Metadata": "true", "Authorization": "Basic x"])
            let right: HTTPHeaders = ["Metadata": "true", "Authorization": "Basic the agent's key"]
            let reply = try await emulator.send(.GET, path, headers: right)
            let named = try await emulator.send(.GET, path + "&client_id=given", headers: right)

            #expect(challenge.status == 401)
            #expect(challenge.headers.first(name: "www-authenticate") == "Basic realm=\(file)")
            #expect(wrong.status == 401)
            #expect(try Self.client(reply) == "own")
            #expect(named.status == 400)
        }
    }

    @Test(
        "endpoints the scenario says nothing of are not there",
        arguments: ["/msi/token", "/arc/metadata/identity/oauth2/token"]
    )
    func absent(_ path: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.send(.GET, path, headers: Self.metadata)

            #expect(reply.status == 404)
        }
    }

    @Test(
        "the endpoints fail by faults, in their own shapes and counted by their names",
        arguments: [
            ("imds", Self.imdsPath, #""fault":"status","status":410,"code":"gone""#, 410, #""error":"gone""#),
            ("imds", Self.imdsPath, #""fault":"status","status":404"#, 404, #""error":"InjectedFault""#),
            ("imds", Self.imdsPath, #""fault":"throttle","retryAfterSeconds":5"#, 429, "too_many_requests"),
            ("imds", Self.imdsPath, #""fault":"gateway-timeout""#, 504, "timeout"),
            ("appService", Self.appServicePath, #""fault":"status","status":500"#, 500, #""statusCode":500"#),
        ]
    )
    func faults(_ route: String, _ path: String, _ fault: String, _ status: Int, _ body: String) async throws {
        try await withEmulator(options: Self.machine) { emulator in
            try await emulator.setFaults(#"[{"route":"\#(route)",\#(fault),"times":1}]"#)
            let headers: HTTPHeaders = ["Metadata": "true", "X-IDENTITY-HEADER": "open sesame"]
            let failed = try await emulator.send(.GET, path, headers: headers)
            let answered = try await emulator.send(.GET, path, headers: headers)
            let stats = try await emulator.send(.GET, "/emulator/stats")

            #expect(failed.status == status)
            #expect(failed.body.contains(body), "\(failed.body)")
            #expect(failed.headers.first(name: "retry-after") == (status == 429 ? "5" : nil))
            #expect(answered.status == 200)
            #expect(stats[route] as? [String: Int] == ["200": 1, String(status): 1])
        }
    }
}
