internal import AsyncHTTPClient
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// The transport of the worker: AsyncHTTPClient over HTTP/1.1, with one event loop thread of its own.
///
/// It sends each request at most once. AsyncHTTPClient 1.37.0 has no automatic resend: its one retry is of connection
/// establishment, before a request has a connection, and that is switched off here so that a refused connection is
/// reported at once to a caller who has a policy. Redirects are not followed.
///
/// A request that has to go through a proxy goes through a tunnel (`CONNECT`), also where it is plain http, so the
/// proxy sees no more than the host's name. The head of such a request is written when the tunnel stands: what the
/// proxy refuses was certainly not sent.
///
/// Call ``shutdown()`` before letting go of the transport; AsyncHTTPClient traps in debug builds otherwise.
public final class AsyncHTTPClientTransport: HTTPTransport {
    private let group: MultiThreadedEventLoopGroup
    /// One client per way out, since a client of AsyncHTTPClient has one proxy for all it sends.
    private let direct: HTTPClient
    private let proxied: [(proxy: HTTPProxy, client: HTTPClient)]
    private let proxies: HTTPProxies
    private let maximumResponseBytes: Int
    private let isShutDown = NIOLockedValueBox(false)

    /// Starts the transport's thread. No connection is opened before the first request.
    public init(configuration: Configuration = Configuration()) {
        // Exactly one thread, and not only to save cores: a request's callbacks and its cancellation then run in one
        // order, and HTTPExchange's knowledge of whether the head was written is exact when the error arrives.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        maximumResponseBytes = configuration.maximumResponseBytes
        proxies = configuration.proxies

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
        if let certificates = configuration.trustRoots.certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(certificates)
            settings.tlsConfiguration = tls
        }
        direct = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)

        var proxied: [(proxy: HTTPProxy, client: HTTPClient)] = []
        for proxy in [proxies.secure, proxies.plain].compactMap(\.self)
        where !proxied.contains(where: { $0.proxy == proxy }) {
            settings.proxy = HTTPClient.Configuration.Proxy(proxy)
            proxied.append((proxy, HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)))
        }
        self.proxied = proxied
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

        let (client, proxy) = wayOut(for: request)
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
                host: URLOrigin(url: request.url)?.host ?? "?",
                proxy: proxy,
                status: exchange.status
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
        // At once, because each may have to wait for connections that are being opened. They fail only for having been
        // shut down before, which the lines above rule out.
        await withDiscardingTaskGroup { [direct, proxied] tasks in
            for client in [direct] + proxied.map(\.client) { tasks.addTask { try? await client.shutdown() } }
        }
        try? await group.shutdownGracefully()
    }

    private func wayOut(for request: HTTPRequest) -> (client: HTTPClient, proxy: HTTPProxy?) {
        guard !proxied.isEmpty, !request.bypassesProxy, let origin = URLOrigin(url: request.url),
            let proxy = proxies.proxy(for: origin), let way = proxied.first(where: { $0.proxy == proxy })
        else { return (direct, nil) }
        return (way.client, proxy)
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
            throw HTTPTransportError(folding: error, certainty: .notSent, host: "?", proxy: nil)
        }
    }
}

extension HTTPClient.Configuration.Proxy {
    fileprivate init(_ proxy: HTTPProxy) {
        switch proxy.kind {
        case .http:
            self = .server(
                host: proxy.host,
                port: proxy.port,
                authorization: proxy.login.map { .basic(username: $0.user, password: $0.password.value) }
            )
        case .socks5:
            self = .socksServer(host: proxy.host, port: proxy.port)
        }
    }
}
