internal import CCurl
internal import Glibc
internal import IOLoop

/// What libcurl waits for: sockets, held by one epoll descriptor, and a point in time.
final class CurlEvents {
    let epoll: Int32
    /// When libcurl wants to look at its time-outs.
    fileprivate(set) var due: ContinuousClock.Instant?

    init() throws(IOThread.Unavailable) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOThread.Unavailable(what: "descriptor", errorNumber: errno) }
    }

    deinit {
        close(epoll)
    }
}

/// A multi handle: exchanges that are driven together, and the connections they share. Ends those with itself.
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private let events: CurlEvents

    /// Nil where there is no memory for it.
    init?(_ events: CurlEvents, _ configuration: CurlTransport.Configuration) {
        guard CurlLibrary.isReady, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.events = events
        // SAFETY: libcurl calls back from within the calls that drive the handle, and it ends before what is held here.
        ccurl_set_multi_callbacks(
            multi,
            Unmanaged.passUnretained(events).toOpaque(),
            { _, descriptor, what, context, _ in
                if let events = CurlEvents.from(context) { _ = ccurl_epoll_watch(events.epoll, descriptor, what) }
                return 0
            },
            { _, milliseconds, context in
                CurlEvents.from(context)?.due = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }
        )
        // A client talks to two hosts as a rule, and each may have its connections kept.
        ccurl_set_multi_long(multi, CURLMOPT_MAXCONNECTS, 2 * configuration.maxConnectionsPerHost + 8)
        ccurl_set_multi_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        curl_multi_cleanup(multi)
        events.due = nil
    }

    func add(_ exchange: CurlExchange) -> Bool {
        curl_multi_add_handle(multi, exchange.easy) == CURLM_OK
    }

    func remove(_ exchange: CurlExchange) {
        curl_multi_remove_handle(multi, exchange.easy)
    }

    /// Goes on with whatever sockets are ready.
    func serveReady() {
        ccurl_serve_ready(multi, events.epoll)
    }

    /// Goes on with what is due by the clock, new exchanges among it.
    ///
    /// - Returns: Whether anything was.
    func serveTimer() -> Bool {
        guard let due = events.due, due <= .now else { return false }
        events.due = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        return true
    }

    func nextDone() -> (CurlExchange, CURLcode)? {
        var code = CURLE_OK
        guard let easy = ccurl_next_done(multi, &code), let exchange = CurlExchange.from(ccurl_context(easy)) else {
            return nil
        }
        return (exchange, code)
    }
}

/// The library's own state, made once for the process.
enum CurlLibrary {
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

extension CurlEvents {
    fileprivate static func from(_ context: UnsafeMutableRawPointer?) -> CurlEvents? {
        context.map { Unmanaged<CurlEvents>.fromOpaque($0).takeUnretainedValue() }
    }
}
