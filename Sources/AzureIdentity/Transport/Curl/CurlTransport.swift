package import IOLoop
internal import NIOConcurrencyHelpers

/// The transport of the worker: libcurl over HTTP/1.1, on one thread.
///
/// It sends each request at most once. libcurl would send one again that met a kept connection just being closed; it is
/// stopped before it does, and the outcome is unknown. Redirects are not followed, and a refused connection is reported
/// at once to a caller who has a policy.
///
/// A request that has to go through a proxy goes through a tunnel (`CONNECT`), also where it is plain http, so the
/// proxy sees no more than the host's name. The head of such a request is written when the tunnel stands: what the
/// proxy refuses was certainly not sent.
///
/// Call ``shutdown()`` to have the connections closed at once, with answers for all that wait; letting go of the
/// transport closes them a little later.
///
/// OpenSSL is told, before it is first used, to leave everything as it is when the process exits: it would clean up while
/// the thread ends, and crash. That holds for the whole process, and has no effect where it has used OpenSSL before.
public final class CurlTransport: HTTPTransport {
    let loop: CurlLoop
    private let proxies: HTTPProxies
    private let lastBase = NIOLockedValueBox<URLBase?>(nil)

    /// Starts the transport's thread. No connection is opened before the first request.
    ///
    /// - Throws: ``HTTPTransportError`` where the process may have no more threads or descriptors.
    public convenience init(configuration: Configuration = Configuration()) throws(HTTPTransportError) {
        try self.init(configuration: configuration, on: nil)
    }

    /// Makes a transport that lives on a thread which has others to serve.
    ///
    /// - Throws: ``HTTPTransportError`` where the process may have no more threads or descriptors.
    package init(configuration: Configuration, on thread: IOThread?) throws(HTTPTransportError) {
        proxies = configuration.proxies
        do {
            loop = try CurlLoop(configuration, on: thread)
        } catch {
            throw HTTPTransportError(code: .other, message: "\(error)", certainty: .notSent)
        }
        loop.thread.attach(loop)
    }

    deinit {
        Task { [loop] in await loop.shutDown() }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// Cancelling the task cancels the exchange and closes its connection.
    ///
    /// - Throws: ``HTTPTransportError``; ``HTTPTransportError/Certainty-swift.enum/notSent`` if and only if not even
    ///   the request's head was written to a connection.
    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let base = try base(of: request.url)
        try request.requireConfidentialChannel(to: base.origin)
        try request.requireWireForm()
        let proxy = request.bypassesProxy ? nil : proxies.proxy(for: base.origin)
        return try await loop.perform(request, at: base, through: proxy).get()
    }

    /// Mostly that of the request before.
    private func base(of url: String) throws(HTTPTransportError) -> URLBase {
        if let base = lastBase.withLockedValue({ $0 }), base.isBase(of: url) { return base }
        guard let base = URLBase(of: url) else { throw HTTPRequest.noURL }
        lastBase.withLockedValue { $0 = base }
        return base
    }

    /// Cancels what is in flight and closes all connections. A second call returns at once.
    public func shutdown() async {
        await loop.shutDown()
    }
}
