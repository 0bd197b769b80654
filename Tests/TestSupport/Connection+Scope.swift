public import RabbitMQ

/// Opens a connection and closes it in the end, whatever happens.
public func withConnection<Result>(
    _ configuration: ConnectionConfiguration,
    onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in },
    _ body: (Connection) async throws -> Result
) async throws -> Result {
    let connection = try await Connection.open(configuration, onEvent: onEvent)
    do {
        let result = try await body(connection)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}
