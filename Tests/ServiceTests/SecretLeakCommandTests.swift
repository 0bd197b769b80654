import AzureIdentity
import Foundation
import NetworkTestSupport
import TestSupport
import Testing

/// What the real programs write when they are given secrets and nothing works.
@Suite("Secrets and the programs", .timeLimit(.minutes(5)))
struct SecretLeakCommandTests {
    private static let secret = "s3cr+t/&=%~-VALUE-one"
    private static let wrong = "wr0ng+t/&=%~-VALUE-two"
    private static let proxyPassword = "pr0xy+p/ss=%~WORD-three"
    private static let brokerPassword = "br0ker+p/ss=%~WORD-four"
    private static let hunt = SecretHunt(secret, wrong, proxyPassword, brokerPassword)

    private static func environment(_ url: String) -> [String: String] {
        [
            "ADF_TRIGGER_AZURE_CREDENTIAL": "client-secret",
            "ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": url, "AZURE_AUTHORITY_HOST": url,
            "AZURE_TENANT_ID": Service.tenant, "AZURE_CLIENT_ID": Service.clientID, "AZURE_CLIENT_SECRET": wrong,
            "ADF_TRIGGER_AZURE_DEFAULT_SUBSCRIPTION_ID": Service.subscription,
            "ADF_TRIGGER_AZURE_DEFAULT_RESOURCE_GROUP": "rg-test", "ADF_TRIGGER_AZURE_DEFAULT_FACTORY": "adf-test",
            "ADF_TRIGGER_AZURE_TIMEOUT_SECONDS": "1", "ADF_TRIGGER_LOG_LEVEL": "trace",
        ]
    }

    /// Runs `adf-trigger` to its end and searches what it wrote.
    private func run(
        _ arguments: [String],
        _ url: String,
        set: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Program.Exit {
        let exit = try await Program.run(
            "adf-trigger",
            arguments,
            environment: Self.environment(url).merging(set) { $1 }
        )
        let place = "adf-trigger \(arguments.joined(separator: " "))"
        Self.hunt.search(exit.output, "\(place): stdout", sourceLocation: sourceLocation)
        Self.hunt.search(exit.errors, "\(place): stderr", sourceLocation: sourceLocation)
        #expect(exit.code != 0, "\(exit.output)\(exit.errors)", sourceLocation: sourceLocation)
        #expect(!exit.errors.isEmpty || !exit.output.isEmpty, sourceLocation: sourceLocation)
        return exit
    }

    private static let start = ["run", "plain", "--timeout", "2"]

    @Test("a run that cannot start tells no secret", arguments: MaliciousEndpoint.allCases)
    func maliciousEndpoint(endpoint: MaliciousEndpoint) async throws {
        try await LoopbackServer.withServer(reacting: endpoint.reaction(to:)) { server in
            _ = try await run(Self.start, server.url)
            #expect(server.requests.contains { $0.text.contains("client_secret=") })
        }
    }

    @Test("neither side tells the secret when a client has a wrong one")
    func wrongSecret() async throws {
        let folder = try Folder()
        let scenario = try folder.write(
            """
            {"tenants":[{"tenantId":"\(Service.tenant)","clientId":"\(Service.clientID)","clientSecret":"\(Self.secret)"}],
             "factories":[]}
            """,
            to: "scenario.json"
        )
        let emulator = try Program("adf-emulator", ["--port", "0", "--scenario", scenario])
        let mark = "listening on "
        try await eventually("the emulator listens") { emulator.outputSoFar.contains(mark) || !emulator.isRunning }
        let url = try #require(emulator.outputSoFar.split(separator: mark).last).prefix { !$0.isNewline }

        let exit = try await run(Self.start, String(url))
        let ended = try await emulator.stop()

        #expect("\(exit.output)\(exit.errors)".contains("7000215"), "\(exit.output)\(exit.errors)")
        Self.hunt.search(ended.output, "adf-emulator: stdout")
        Self.hunt.search(ended.errors, "adf-emulator: stderr")
    }

    @Test("a scenario that cannot be read is refused without the secret beside the fault")
    func badScenario() async throws {
        let folder = try Folder()
        for fault in [#""clientID":"c""#, #""clientId":7"#, "\"clientId\":\"c\"", "clientId"] {
            let text = #"{"tenants":[{"tenantId":"t",\#(fault),"clientSecret":"\#(Self.secret)"#
            let scenario = try folder.write(text, to: "scenario.json")
            let exit = try await Program.run("adf-emulator", ["--port", "0", "--scenario", scenario])

            #expect(exit.code == 78, "\(exit.errors)")
            Self.hunt.search(exit.output + exit.errors, "adf-emulator")
        }
    }

    @Test(
        "a proxy's password is told by no fault",
        arguments: [
            "https://user:PASSWORD@127.0.0.1:1", "http://user:PASSWORD@127.0.0.1:1", "http://user:PASSWORD@:1/x",
        ]
    )
    func proxy(address: String) async throws {
        let proxy = address.replacing("PASSWORD", with: PercentEncoding.encode(Self.proxyPassword))

        let exit = try await run(Self.start, "https://service.example", set: ["HTTPS_PROXY": proxy])

        // Two are no proxies at all, and one is not there.
        #expect(
            "\(exit.output)\(exit.errors)".contains(
                address.hasPrefix("http://user:PASSWORD@127") ? "127.0.0.1:1" : "HTTPS_PROXY"
            )
        )
    }

    @Test("a proxy that refuses gets the password, and nobody else does")
    func refusingProxy() async throws {
        let refusal = "HTTP/1.1 407 X\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
        try await LoopbackProxy.withProxy(reacting: .answer(refusal)) { proxy in
            let address = "http://user:\(PercentEncoding.encode(Self.proxyPassword))@127.0.0.1:\(proxy.port)"
            let exit = try await run(Self.start, "https://service.example", set: ["HTTPS_PROXY": address])

            #expect("\(exit.output)\(exit.errors)".contains("(407)"), "\(exit.output)\(exit.errors)")
            #expect(proxy.requests.contains { $0.lowercased().contains("proxy-authorization: basic ") })
        }
    }

    @Test("a worker whose settings are wrong or whose broker is not there tells no password")
    func worker() async throws {
        let password = PercentEncoding.encode(Self.brokerPassword)
        let broker = "amqp://user:\(password)@127.0.0.1:1/"
        let wrongs = [
            ["ADF_TRIGGER_AMQP_URL": "\(broker)?nonsense=1"], ["ADF_TRIGGER_AMQP_URL": "http://user:\(password)@x"],
            ["ADF_TRIGGER_AMQP_URL": broker, "ADF_TRIGGER_AZURE_CLIENT_SECRET_FILE": "/nowhere/at/all"],
            ["ADF_TRIGGER_AMQP_URL": broker, "HTTPS_PROXY": "ftp://user:\(Self.proxyPassword)@x"],
        ]
        for set in wrongs {
            let exit = try await run(["work"], "http://127.0.0.1:1", set: set)
            #expect(exit.code == 78, "\(exit.errors)")
        }

        let environment = Self.environment("http://127.0.0.1:1").merging(["ADF_TRIGGER_AMQP_URL": broker]) { $1 }
        let worker = try Program("adf-trigger", ["work"], environment: environment)
        try await eventually("the worker missed its broker") {
            worker.errorsSoFar.contains("no broker") || !worker.isRunning
        }
        let exit = try await worker.stop()
        Self.hunt.search(exit.output + exit.errors, "adf-trigger work")
        #expect(exit.errors.contains("127.0.0.1"), "\(exit.errors)")
    }
}
