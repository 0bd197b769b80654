import AzureIdentity
import DataFactory
import DataFactoryEmulator
import Logging
import Testing

/// An emulator in this process, and what the client needs to speak to it.
struct Service: Sendable {
    static let tenant = "test-tenant"
    static let clientID = "test-client"
    /// With everything in it that a form must escape.
    static let secret = "s3cret+/&=%~value"
    static let subscription = "11111111-2222-3333-4444-555555555555"

    /// Where it listens; authority and ARM in one.
    let baseURL: String
    let admin: EmulatorAdmin

    /// The factory of ``withService(pipelines:options:clock:chance:_:)``.
    var factory: FactoryReference {
        get throws {
            try FactoryReference(subscriptionID: Self.subscription, resourceGroup: "rg-test", factory: "adf-test")
        }
    }

    func pipeline(_ name: String = "plain") throws -> PipelineReference {
        try PipelineReference(factory: factory, pipeline: name)
    }

    /// The scenario's one client.
    func credential(secret: String = Service.secret, over transport: any HTTPTransport) -> ClientSecretCredential {
        ClientSecretCredential(
            tenantID: Self.tenant,
            clientID: Self.clientID,
            clientSecret: secret,
            authorityHost: baseURL,
            transport: transport
        )
    }

    /// A client of Data Factory as that client, or as another credential.
    func client(
        over transport: any HTTPTransport,
        credential: (any TokenCredential)? = nil,
        timeout: Duration = .seconds(30)
    ) -> DataFactoryClient {
        DataFactoryClient(
            endpoint: baseURL,
            credential: credential ?? self.credential(over: transport),
            transport: transport,
            timeout: timeout,
            scope: "https://management.azure.com/.default"
        )
    }
}

/// Serves a scenario on a loopback port for as long as the closure runs. It has one client, ``Service/clientID``, and
/// one factory.
///
/// - Parameters:
///   - pipelines: The factory's pipelines, as in a scenario file.
///   - options: Further members of the scenario, as JSON text that begins with a comma.
func withService(
    pipelines: String = #"{"name":"plain","durationSeconds":10}"#,
    options: String = #","writes":null,"reads":null"#,
    clock: EmulatorClock = .system,
    _ body: @Sendable (Service) async throws -> Void
) async throws {
    let json = """
        {"tenants":[{"tenantId":"\(Service.tenant)","clientId":"\(Service.clientID)","clientSecret":"\(Service.secret)"}],
        "factories":[{"subscriptionId":"\(Service.subscription)","resourceGroup":"rg-test","name":"adf-test",
        "pipelines":[\(pipelines)]}]\(options)}
        """
    let scenario = try Scenario(json: Array(json.utf8))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let emulator = Emulator(scenario: scenario, clock: clock, logger: logger)
    let (urls, listening) = AsyncStream<String>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { listening.finish() }
            try await emulator.serve(host: "127.0.0.1", port: 0) { listening.yield($0) }
        }
        var iterator = urls.makeAsyncIterator()
        let baseURL = try #require(await iterator.next(), "the emulator did not listen")
        try await body(Service(baseURL: baseURL, admin: EmulatorAdmin(baseURL: baseURL)))
        group.cancelAll()
    }
}
