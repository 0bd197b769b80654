internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import ServiceLifecycle

/// Answers over HTTP how the worker is, until it is told to stop; who asks meanwhile still gets an answer. It stops
/// after the worker, so that a draining one says so.
struct HealthServer: Service {
    /// The address can't be listened on.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// Ends when the server listens, and not before: a worker that is going to be restarted for its port must not take
    /// requests, each of which would lose one of its deliveries.
    let isListening: AsyncStream<Never>

    private let listening: AsyncStream<Never>.Continuation
    private let address: Settings.HTTPAddress
    private let monitor: HealthMonitor
    private let logger: Logger

    /// Those who ask are a kubelet and a collector or two; beyond this they wait in the kernel.
    private static let connectionLimit = 256
    /// Short, so that idle connections can't keep a probe out for long; another one costs a collector little.
    private static let idleTimeout = TimeAmount.seconds(20)
    private static let headerByteLimit = 16 << 10

    init(_ address: Settings.HTTPAddress, monitor: HealthMonitor, logger: Logger) {
        self.address = address
        self.monitor = monitor
        self.logger = logger
        (isListening, listening) = AsyncStream.makeStream()
    }

    func run() async throws {
        let hasListened = NIOLockedValueBox(false)
        let application = Application(
            responder: HealthResponder(monitor: monitor),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: Self.idleTimeout,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headerByteLimit,
                        maxHeaderListSize: Self.headerByteLimit,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionLimit, logger: quiet)
            ),
            onServerRunning: { channel in
                hasListened.withLockedValue { $0 = true }
                logger.info(
                    "answering probes",
                    metadata: ["http.address": "\(channel.localAddress.map { "\($0)" } ?? address.description)"]
                )
                listening.finish()
            },
            logger: quiet
        )
        do {
            try await application.run()
        } catch {
            guard !hasListened.withLockedValue({ $0 }), !(error is CancellationError) else { throw error }
            throw Unusable(
                description:
                    "http.port (ADF_TRIGGER_HTTP_PORT): can't listen on \(address): \(error); set a port nobody uses, or 0 for none, and in http.host an address of this machine"
            )
        }
    }

    /// What concerns single connections is not worth a line.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .error)
        return logger
    }
}
