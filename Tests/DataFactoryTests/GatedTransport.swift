import AzureIdentity

/// A transport that holds its requests back until the test lets them go.
final class GatedTransport: HTTPTransport {
    private let transport: ScriptedTransport
    private let arrivals = AsyncStream<Void>.makeStream()
    private let gate = AsyncStream<Void>.makeStream()

    init(_ transport: ScriptedTransport) {
        self.transport = transport
    }

    /// Waits for the first request.
    func arrival() async {
        for await _ in arrivals.stream { return }
    }

    /// Lets this and all later requests go.
    func open() {
        gate.continuation.finish()
    }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        arrivals.continuation.yield()
        for await _ in gate.stream {}
        return try await transport.send(request)
    }
}
