import DataFactoryEmulator
import NIOHTTP1
import Testing

@Suite("Discovery", .timeLimit(.minutes(5)))
struct DiscoveryTests {
    @Test(
        "a tenant's endpoints lie under the URL the client came by",
        arguments: [
            ("/v2.0", "/oauth2/v2.0/token", "/oauth2/v2.0/authorize", "/v2.0"),
            ("", "/oauth2/token", "/oauth2/authorize", "/"),
        ]
    )
    func configuration(_ version: String, _ token: String, _ authorize: String, _ issuer: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.send(.GET, "/Contoso\(version)/.well-known/openid-configuration")
            let base = emulator.baseURL + "/Contoso"

            #expect(reply.status == 200)
            #expect(reply["token_endpoint"] as? String == base + token)
            #expect(reply["authorization_endpoint"] as? String == base + authorize)
            #expect(reply["issuer"] as? String == base + issuer)
            let keys = try #require(reply["jwks_uri"] as? String)
            let listed = try await emulator.send(.GET, String(keys.dropFirst(emulator.baseURL.count)))
            #expect((listed["keys"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("a tenant there is not has no endpoints")
    func unknownTenant() async throws {
        let options = #","tenants":[{"tenantId":"contoso","clientId":"app","clientSecret":"s"}]"#
        try await withEmulator(options: options) { emulator in
            let known = try await emulator.send(.GET, "/CONTOSO/v2.0/.well-known/openid-configuration")
            let unknown = try await emulator.send(.GET, "/fabrikam/v2.0/.well-known/openid-configuration")

            #expect(known.status == 200)
            #expect(unknown.status == 400)
            #expect(unknown["error"] as? String == "invalid_tenant")
            #expect(unknown["error_codes"] as? [Int] == [90002])
        }
    }

    @Test("the authority is known by its own name, and leads to the tenant that was asked for")
    func instance() async throws {
        try await withEmulator { emulator in
            let asked = "\(emulator.baseURL)/contoso/oauth2/v2.0/authorize"
            let reply = try await emulator.send(
                .GET,
                "/common/discovery/instance?api-version=1.1&authorization_endpoint=\(asked)"
            )
            let metadata = try #require(reply["metadata"] as? [[String: Any]])
            let authority = String(emulator.baseURL.dropFirst("http://".count))

            #expect(
                reply["tenant_discovery_endpoint"] as? String
                    == "\(emulator.baseURL)/contoso/v2.0/.well-known/openid-configuration"
            )
            #expect(metadata.first?["preferred_network"] as? String == authority)
            #expect(metadata.first?["aliases"] as? [String] == [authority])
        }
    }

    @Test("discovery is counted, and can fail by a fault")
    func fault() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"discovery","fault":"status","status":503,"times":1}]"#)
            let path = "/contoso/v2.0/.well-known/openid-configuration"
            let failed = try await emulator.send(.GET, path)
            let answered = try await emulator.send(.GET, path)
            let stats = try await emulator.send(.GET, "/emulator/stats")

            #expect(failed.status == 503)
            #expect(answered.status == 200)
            #expect(stats["discovery"] as? [String: Int] == ["503": 1, "200": 1])
        }
    }
}
