import Hummingbird
import HummingbirdTLS
package import Logging
import NIOCore

/// A double of Entra ID and Data Factory that answers over HTTP and can be told to misbehave.
package struct Emulator: Sendable {
    private let services: EmulatorServices
    private let logger: Logger

    /// Prepares a double that plays a scenario.
    /// - Parameters:
    ///   - clock: decides when tokens end, buckets refill and runs finish.
    ///   - chance: decides whether a fault with a rate strikes; gives a number from 0 up to but not including 1.
    ///   - logger: hears of the server's start and of connections that go wrong.
    package init(
        scenario: Scenario,
        clock: EmulatorClock = .system,
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        logger: Logger
    ) {
        self.services = EmulatorServices(scenario: scenario, clock: clock, chance: chance)
        self.logger = logger
    }

    /// Serves until the task is cancelled; open connections are then closed, answered or not.
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - tls: what to serve https with; nil serves http.
    ///   - onListening: hears the URL clients reach the emulator at, once they can.
    /// - Throws: NIO's `IOError` if the address cannot be bound.
    package func serve(
        host: String,
        port: Int,
        tls: EmulatorTLS? = nil,
        onListening: @escaping @Sendable (_ baseURL: String) async -> Void
    ) async throws {
        let scheme = tls == nil ? "http" : "https"
        let application = Application(
            responder: EmulatorResponder(services: services, scheme: scheme),
            server: try tls.map { try .tls(tlsConfiguration: $0.configuration) } ?? .http1(),
            configuration: .init(address: .hostname(host, port: port), serverName: "adf-emulator"),
            onServerRunning: { channel in
                let shown = host.contains(":") ? "[\(host)]" : host
                await onListening("\(scheme)://\(shown):\(channel.localAddress?.port ?? port)")
            },
            logger: logger
        )
        do {
            try await application.run()
        } catch is CancellationError {
            return
        }
    }
}
