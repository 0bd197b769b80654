internal import AzureIdentity
internal import DataFactory
internal import IOLoop

/// The way to Azure: one transport, one credential and the client that uses both.
///
/// Call ``shutdown()`` when done.
struct AzureAccess: Sendable {
    let client: DataFactoryClient
    /// Which credential it is, without secrets.
    let credential: String
    private let transport: CurlTransport

    /// Makes them; no connection is opened yet.
    ///
    /// - Parameters:
    ///   - concurrency: How many requests may be in flight at once.
    ///   - thread: What the transport lives on; nil for a thread of its own.
    /// - Throws: ``ConfigurationError`` where the credential can't be made of the settings.
    init(
        _ settings: Settings.Azure,
        concurrency: Int,
        on thread: IOThread? = nil
    ) async throws(ConfigurationError) {
        var configuration = settings.transport
        // A few more than requests in work: where tokens come from the same host they need a connection too.
        configuration.maxConnectionsPerHost = concurrency + 4
        let transport: CurlTransport
        do {
            transport = try CurlTransport(configuration: configuration, on: thread)
        } catch {
            throw ConfigurationError(faults: ["no way to Azure: \(error.message)"])
        }
        let credential: any TokenCredential
        do {
            credential = try settings.credentials.credential(settings.credentialKind, transport: transport)
        } catch {
            await transport.shutdown()
            throw ConfigurationError(faults: ["azure.credential: \(error)"])
        }
        self.transport = transport
        self.credential = credential.description
        client = DataFactoryClient(
            endpoint: settings.managementEndpoint,
            credential: credential,
            transport: transport,
            timeout: settings.timeout,
            scope: settings.scope
        )
    }

    /// Closes all connections.
    func shutdown() async {
        await transport.shutdown()
    }
}
