internal import AsyncHTTPClient
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The transport of the worker: AsyncHTTPClient over HTTP/1.1, with one event loop thread of its own.
///
/// It sends each request at most once. AsyncHTTPClient 1.37.0 has no automatic resend: its one retry is of connection
/// establishment, before a request has a connection, and that is switched off here so that a refused connection is
/// reported at once to a caller who has a policy. Redirects are not followed.
///
/// Call ``shutdown()`` before letting go of the transport; AsyncHTTPClient traps in debug builds otherwise.
public final class AsyncHTTPClientTransport: HTTPTransport {
    /// What can be chosen about the transport.
    public struct Configuration: Sendable {
        /// How many connections one host may have; a request beyond that waits. Give it the number of requests that
        /// may be in flight at once.
        public var maxConnectionsPerHost: Int

        /// How long a request may wait for a connection, be it a new one or one of the pool.
        public var connectTimeout: Duration

        /// How long an unused connection is kept. It must be less than what the server allows, or requests meet
        /// connections that are just being closed, and what became of those is unknown.
        public var idleTimeout: Duration

        /// The largest answer accepted, in bytes.
        public var maximumResponseBytes: Int

        /// Makes a configuration.
        ///
        /// - Parameters:
        ///   - maxConnectionsPerHost: Connections per host, 32 by default.
        ///   - connectTimeout: 10 s by default, as AsyncHTTPClient.
        ///   - idleTimeout: 45 s by default. ARM's front end names itself IIS in its answers, and IIS closes idle
        ///     connections after 120 s.
        ///   - maximumResponseBytes: 1 MiB by default.
        public init(
            maxConnectionsPerHost: Int = 32,
            connectTimeout: Duration = .seconds(10),
            idleTimeout: Duration = .seconds(45),
            maximumResponseBytes: Int = 1 << 20
        ) {
            self.maxConnectionsPerHost = maxConnectionsPerHost
            self.connectTimeout = connectTimeout
            self.idleTimeout = idleTimeout
            self.maximumResponseBytes = maximumResponseBytes
        }
    }

    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient
    private let maximumResponseBytes: Int
    private let isShutDown = NIOLockedValueBox(false)

    /// Starts the transport's thread. No connection is opened before the first request.
    public init(configuration: Configuration = Configuration()) {
        // Exactly one thread, and not only to save cores: a request's callbacks and its cancellation then run in one
        // order, and HTTPExchange's knowledge of whether the head was written is exact when the error arrives.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        maximumResponseBytes = configuration.maximumResponseBytes

        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        settings.timeout = HTTPClient.Configuration.Timeout(connect: TimeAmount(configuration.connectTimeout))
        settings.connectionPool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: TimeAmount(configuration.idleTimeout),
            concurrentHTTP1ConnectionsPerHostSoftLimit: max(1, configuration.maxConnectionsPerHost)
        )
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
    }

    /// Sends one request and reads the whole answer.
    ///
    /// Cancelling the task cancels the exchange and closes its connection.
    ///
    /// - Throws: ``HTTPTransportError``; ``HTTPTransportError/Certainty-swift.enum/notSent`` if and only if not even
    ///   the request's head was written to a connection.
    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        try request.requireConfidentialChannel()
        if Task.isCancelled {
            throw HTTPTransportError(code: .cancelled, message: "cancelled", certainty: .notSent)
        }
        if isShutDown.withLockedValue({ $0 }) {
            throw HTTPTransportError(code: .shutDown, message: "the transport was shut down", certainty: .notSent)
        }

        let exchange = HTTPExchange(maximumResponseBytes: maximumResponseBytes)
        let task = client.execute(
            request: try Self.prepare(request),
            delegate: exchange,
            // The delegate interface: it alone tells when the head was written, and it costs fewer tasks and hops per
            // request than the async one.
            eventLoop: .indifferent,
            deadline: .now() + TimeAmount(request.timeout),
            logger: nil
        )
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                task.futureResult.whenComplete { continuation.resume(returning: $0) }
            }
        } onCancel: {
            task.cancel()
        }
        switch result {
        case .success(let response):
            return response
        case .failure(let error):
            throw HTTPTransportError(
                folding: error,
                certainty: exchange.headWasWritten ? .unknown : .notSent,
                host: URLOrigin(url: request.url)?.host ?? "?"
            )
        }
    }

    /// Cancels what is in flight, closes all connections and ends the thread. A second call returns at once.
    public func shutdown() async {
        let isFirst = isShutDown.withLockedValue { isShutDown in
            defer { isShutDown = true }
            return !isShutDown
        }
        guard isFirst else { return }
        // Both fail only for having been shut down before, which the lines above rule out.
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }

    private static func prepare(_ request: HTTPRequest) throws(HTTPTransportError) -> HTTPClient.Request {
        do {
            return try HTTPClient.Request(
                url: request.url,
                method: request.method == .get ? .GET : .POST,
                headers: HTTPHeaders(request.headers.map { ($0.name, $0.value) }),
                body: request.body.isEmpty ? nil : .byteBuffer(ByteBuffer(bytes: request.body))
            )
        } catch {
            throw HTTPTransportError(folding: error, certainty: .notSent, host: "?")
        }
    }
}
