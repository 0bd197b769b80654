import DataFactoryEmulator
import Foundation
import NIOHTTP1
import Testing

@Suite("Client assertions", .timeLimit(.minutes(5)))
struct AssertionTests {
    typealias Change = @Sendable (inout TestAssertion, TestKeys) throws -> Void

    private static let keys = Result {
        let keys = try TestKeys()
        try keys.makeCertificate("app")
        try keys.makeCertificate("stranger")
        try keys.makeCertificate("cluster")
        try keys.makeCertificate("renewed")
        try keys.openssl(["pkey", "-in", keys.path("cluster.key"), "-pubout", "-out", keys.path("cluster.pub")])
        return keys
    }

    private static let wrongInOnePart: [(String, Int, Change)] = [
        ("another key", 700_027, { assertion, _ in assertion.key = "stranger" }),
        (
            "an unknown certificate", 700_027,
            { assertion, keys in
                assertion.key = "stranger"
                assertion.header["x5t#S256"] = try keys.thumbprint("stranger")
            }
        ),
        (
            "two thumbprints, one of them another's", 700_027,
            { assertion, keys in assertion.header["x5t"] = try keys.thumbprint("stranger", sha1: true) }
        ),
        ("no thumbprint", 50027, { assertion, _ in assertion.header["x5t#S256"] = nil }),
        ("another algorithm", 50027, { assertion, _ in assertion.header["alg"] = "HS256" }),
        ("another algorithm than it was signed by", 700_027, { _, _ in }),
        ("another endpoint", 700_023, { assertion, _ in assertion.claims["aud"] = "https://login.example/token" }),
        ("no endpoint", 700_023, { assertion, _ in assertion.claims["aud"] = nil }),
        ("another issuer", 700_021, { assertion, _ in assertion.claims["iss"] = "other" }),
        ("another subject", 700_021, { assertion, _ in assertion.claims["sub"] = "other" }),
        (
            "neither issuer nor subject", 700_021,
            { assertion, _ in
                assertion.claims["iss"] = "other"
                assertion.claims["sub"] = "other"
            }
        ),
        (
            "no application at all and no thumbprint", 70021,
            { assertion, _ in
                assertion.header["x5t#S256"] = nil
                assertion.claims["iss"] = "other"
                assertion.claims["sub"] = "other"
            }
        ),
        ("no id", 50027, { assertion, _ in assertion.claims["jti"] = nil }),
        ("no end", 50027, { assertion, _ in assertion.claims["exp"] = nil }),
    ]

    private static let untrusted: [(String, Int, Change)] = [
        ("issuer", 700_211, { assertion, _ in assertion.claims["iss"] = "https://issuer.example/A" }),
        ("subject", 700_213, { assertion, _ in assertion.claims["sub"] = "system:serviceaccount:ADF:trigger" }),
        ("audience", 700_212, { assertion, _ in assertion.claims["aud"] = ["sts.amazonaws.com"] }),
        ("algorithm", 50027, { assertion, _ in assertion.header["alg"] = "PS256" }),
        ("key", 50013, { assertion, _ in assertion.key = "stranger" }),
        ("time", 50027, { assertion, _ in assertion.claims["exp"] = nil }),
    ]

    /// Serves one application with a certificate and one that is federated with a cluster, on a clock that stands at
    /// a moment when the certificate is good.
    private static func withTenants(
        _ body: @Sendable (EmulatorClient, TestKeys, Timestamp) async throws -> Void
    ) async throws {
        let keys = try keys.get()
        let now = Timestamp.systemNow() + .seconds(60)
        let pem = try String(data: JSONEncoder().encode(keys.text("app.pem")), encoding: .utf8) ?? ""
        let options = """
            ,"tenants":[
            {"tenantId":"contoso","clientId":"app","certificates":["renewed.pem",\(pem)]},
            {"tenantId":"contoso","clientId":"pod","federated":[{"issuer":"https://issuer.example/a",
            "subject":"system:serviceaccount:adf:trigger","publicKey":"cluster.pub"}]}]
            """
        try await withEmulator(
            options: options,
            folder: keys.folder.path,
            clock: EmulatorClock { now },
            { try await body($0, keys, now) }
        )
    }

    private static func ask(
        _ emulator: EmulatorClient,
        _ client: String,
        _ assertion: String,
        path: String = "/contoso/oauth2/v2.0/token"
    ) async throws -> Reply {
        let target =
            path.contains("v2.0")
            ? "scope=https%3A%2F%2Fmanagement.azure.com%2F.default" : "resource=https%3A%2F%2Fmanagement.azure.com%2F"
        let form =
            "grant_type=client_credentials&client_id=\(client)&\(target)"
            + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            + "&client_assertion=\(assertion)"
        return try await emulator.send(.POST, path, body: form)
    }

    @Test(
        "a certificate's assertion gets a token, by either algorithm and thumbprint and from either endpoint",
        arguments: [
            ("PS256", false, "/contoso/oauth2/v2.0/token"), ("RS256", true, "/contoso/oauth2/v2.0/token"),
            ("PS256", false, "/contoso/oauth2/token"),
        ]
    )
    func certificate(_ algorithm: String, _ sha1: Bool, _ path: String) async throws {
        try await Self.withTenants { emulator, keys, now in
            let endpoint = emulator.baseURL + path
            var assertion = try TestAssertion.own("app", keys: keys, client: "app", endpoint: endpoint, at: now)
            assertion.header["alg"] = algorithm
            if sha1 {
                assertion.header["x5t#S256"] = nil
                assertion.header["x5t"] = try keys.thumbprint("app", sha1: true)
            }
            let reply = try await Self.ask(emulator, "app", assertion.text(keys), path: path)

            #expect(reply.status == 200, "\(reply.body)")
            #expect(reply["access_token"] as? String != nil)
        }
    }

    @Test("a signature openssl makes with a salt of 32 bytes is good, and one with a longer salt is not")
    func openssl() async throws {
        try await Self.withTenants { emulator, keys, now in
            let endpoint = emulator.baseURL + "/contoso/oauth2/v2.0/token"
            let assertion = try TestAssertion.own("app", keys: keys, client: "app", endpoint: endpoint, at: now)
            let signed = try assertion.text(keys).split(separator: ".").dropLast().joined(separator: ".")
            var statuses: [Int] = []
            for salt in [32, 64] {
                let input = try keys.write(signed, to: "signed")
                try keys.openssl([
                    "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)", "-sign",
                    keys.path("app.key"), "-out", keys.path("signature"), input,
                ])
                let signature = try Data(contentsOf: keys.folder.appending(path: "signature")).base64URL
                statuses.append(try await Self.ask(emulator, "app", "\(signed).\(signature)").status)
            }

            #expect(statuses == [200, 401])
        }
    }

    @Test(
        "an assertion that is wrong in one part is refused for it",
        arguments: wrongInOnePart
    )
    func wrongCertificate(_ name: String, _ code: Int, _ change: Change) async throws {
        try await Self.withTenants { emulator, keys, now in
            let endpoint = emulator.baseURL + "/contoso/oauth2/v2.0/token"
            var assertion = try TestAssertion.own("app", keys: keys, client: "app", endpoint: endpoint, at: now)
            try change(&assertion, keys)
            var text = try assertion.text(keys)
            if name == "another algorithm than it was signed by" {
                assertion.header["alg"] = "RS256"
                let header = try assertion.text(keys).split(separator: ".")[0]
                text = "\(header).\(text.split(separator: ".").dropFirst().joined(separator: "."))"
            }
            let reply = try await Self.ask(emulator, "app", text)

            Self.expectRefusal(reply, code)
            #expect(!reply.body.contains(text))
        }
    }

    @Test(
        "the clocks may be five minutes apart and no more",
        arguments: [
            ("exp", -299, nil), ("exp", -300, 700_024), ("nbf", 300, nil), ("nbf", 301, 700_024),
        ] as [(String, Int, Int?)]
    )
    func time(_ claim: String, _ offset: Int, _ code: Int?) async throws {
        try await Self.withTenants { emulator, keys, now in
            let endpoint = emulator.baseURL + "/contoso/oauth2/v2.0/token"
            var own = try TestAssertion.own("app", keys: keys, client: "app", endpoint: endpoint, at: now)
            var foreign = TestAssertion.foreign("cluster", at: now)
            own.claims[claim] = Int(now.secondsSince1970) + offset
            foreign.claims[claim] = Int(now.secondsSince1970) + offset

            for (client, assertion) in [("app", own), ("pod", foreign)] {
                let reply = try await Self.ask(emulator, client, assertion.text(keys))
                if let code {
                    Self.expectRefusal(reply, code)
                } else {
                    #expect(reply.status == 200, "\(reply.body)")
                }
            }
        }
    }

    @Test("a certificate whose time is over signs nothing")
    func expiredCertificate() async throws {
        let keys = try Self.keys.get()
        let now = Timestamp.systemNow() + .seconds(3 * 86_400)
        let options = #","tenants":[{"tenantId":"contoso","clientId":"app","certificates":["app.pem"]}]"#
        try await withEmulator(options: options, folder: keys.folder.path, clock: EmulatorClock { now }) { emulator in
            let endpoint = emulator.baseURL + "/contoso/oauth2/v2.0/token"
            let assertion = try TestAssertion.own("app", keys: keys, client: "app", endpoint: endpoint, at: now)

            Self.expectRefusal(try await Self.ask(emulator, "app", assertion.text(keys)), 50012)
        }
    }

    @Test("a token of a trusted issuer gets a token")
    func federation() async throws {
        try await Self.withTenants { emulator, keys, now in
            let assertion = TestAssertion.foreign("cluster", at: now)
            var single = assertion
            single.claims["aud"] = "api://AzureADTokenExchange"

            for assertion in [assertion, single] {
                let reply = try await Self.ask(emulator, "pod", assertion.text(keys))
                #expect(reply.status == 200, "\(reply.body)")
            }
        }
    }

    @Test(
        "a token of an issuer is refused for the first part that is not trusted",
        arguments: untrusted
    )
    func wrongFederation(_ name: String, _ code: Int, _ change: Change) async throws {
        try await Self.withTenants { emulator, keys, now in
            var assertion = TestAssertion.foreign("cluster", at: now)
            try change(&assertion, keys)
            let reply = try await Self.ask(emulator, "pod", assertion.text(keys))

            Self.expectRefusal(reply, code)
        }
    }

    @Test(
        "what is no token is refused as malformed",
        arguments: ["x", "a.b", "e30.e30.e30.e30", "e30=.e30.AAAA", "W10.e30.AAAA", "e30.e30.A+/A"]
    )
    func malformed(_ text: String) async throws {
        try await Self.withTenants { emulator, _, _ in
            let escaped = text.replacing("+", with: "%2B").replacing("=", with: "%3D").replacing("/", with: "%2F")
            Self.expectRefusal(try await Self.ask(emulator, "app", escaped), 50027)
        }
    }

    private static func expectRefusal(
        _ reply: Reply,
        _ code: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == 401, "\(reply.body)", sourceLocation: sourceLocation)
        #expect(reply["error"] as? String == "invalid_client", sourceLocation: sourceLocation)
        #expect(reply["error_codes"] as? [Int] == [code], "\(reply.body)", sourceLocation: sourceLocation)
    }
}
