public import AzureIdentity

/// Opens a transport for as long as the closure runs.
public func withTransport<Value>(
    _ configuration: CurlTransport.Configuration = .init(),
    _ body: (CurlTransport) async throws -> Value
) async throws -> Value {
    let transport = try CurlTransport(configuration: configuration)
    do {
        let value = try await body(transport)
        await transport.shutdown()
        return value
    } catch {
        await transport.shutdown()
        throw error
    }
}
