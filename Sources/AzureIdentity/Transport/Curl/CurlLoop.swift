internal import CCurl
internal import DequeModule
internal import Glibc
internal import IOLoop

/// libcurl's exchanges, all on the one thread that may touch them.
///
/// The thread sleeps on an epoll descriptor that holds the sockets of all exchanges, until one is ready, libcurl's own
/// next time-out is due, or somebody wants something.
actor CurlLoop {
    nonisolated let thread: IOThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    typealias Outcome = Result<HTTPResponse, HTTPTransportError>

    /// A request that waits for a connection which others have.
    fileprivate struct Waiting {
        let id: UInt64
        let job: Job
        let until: ContinuousClock.Instant
    }

    /// What there is to do for one request.
    struct Job {
        let request: HTTPRequest
        let base: URLBase
        let line: Line
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Outcome, Never>

        var place: Place { line.place }
    }

    /// Where a request goes, and which way: what shares the connections.
    struct Place: Hashable {
        let isSecure: Bool
        let host: String
        let port: Int?
        let proxy: HTTPProxy?

        init(_ origin: URLOrigin, _ proxy: HTTPProxy?) {
            isSecure = origin.isSecure
            host = origin.host
            port = origin.port
            self.proxy = proxy
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(host)
            hasher.combine(port)
        }
    }

    /// The requests to one place.
    final class Line {
        fileprivate let place: Place
        fileprivate var inFlight = 0
        fileprivate var waiting: Deque<Waiting> = []

        fileprivate init(_ place: Place) {
            self.place = place
        }
    }

    private let configuration: CurlTransport.Configuration
    private let events: CurlEvents
    private var multi: CurlMulti?
    private var exchanges: [UInt64: CurlExchange] = [:]
    /// Handles of exchanges that are over, to be used again: making one costs more than a request.
    private var spare: [CurlExchange] = []
    private var lines: [Place: Line] = [:]
    /// The base of the request before, and where it led: mostly where the next one leads.
    private var last: (base: URLBase, line: Line)?
    private var waitingCount = 0
    private var nextID: UInt64 = 0
    private var lastUse = ContinuousClock.now
    private var isShutDown = false

    /// Makes a loop that does nothing before it is attached to its thread.
    init(
        _ configuration: CurlTransport.Configuration,
        on thread: IOThread?
    ) throws(IOThread.Unavailable) {
        self.configuration = configuration
        events = try CurlEvents()
        self.thread = if let thread { thread } else { try IOThread(name: "http", stackByteCount: 1 << 20) }
    }

    // MARK: - Requests

    /// Sends one request and waits for the end of its exchange.
    func perform(_ request: HTTPRequest, at base: URLBase, through proxy: HTTPProxy?) async -> Outcome {
        nextID += 1
        let id = nextID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = Job(
                    request: request,
                    base: base,
                    line: line(to: base, through: proxy),
                    deadline: .now + request.timeout,
                    continuation: continuation
                )
                // Asked here, where the cancellation's own job can't have come before.
                if Task.isCancelled {
                    job.fail(.cancelledBeforeSending)
                } else {
                    begin(id, job)
                }
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
    }

    private func line(to base: URLBase, through proxy: HTTPProxy?) -> Line {
        if let last, last.base === base, last.line.place.proxy == proxy { return last.line }
        let place = Place(base.origin, proxy)
        let line = lines[place] ?? Line(place)
        lines[place] = line
        last = (base, line)
        return line
    }

    private func begin(_ id: UInt64, _ job: Job) {
        guard !isShutDown else { return job.fail(.shutDownBeforeSending) }
        guard !hasRoom(job.line) else {
            launch(id, job)
            return
        }
        let until = min(job.deadline, .now + configuration.connectTimeout)
        job.line.waiting.append(Waiting(id: id, job: job, until: until))
        waitingCount += 1
    }

    private func hasRoom(_ line: Line) -> Bool { line.inFlight < max(1, configuration.maxConnectionsPerHost) }

    /// False where there was no memory for it.
    @discardableResult
    private func launch(_ id: UInt64, _ job: Job) -> Bool {
        lastUse = .now
        let multi = self.multi ?? CurlMulti(events, configuration)
        self.multi = multi
        guard let multi, let exchange = spare.popLast() ?? CurlExchange(configuration), exchange.prepare(id, job),
            multi.add(exchange)
        else {
            job.fail(.noMemory)
            return false
        }
        exchanges[id] = exchange
        job.line.inFlight += 1
        // At once, for the caller may have made sure of something just before, which the next turn of a thread that others
        // keep may come too late for. libcurl's clock begins here, too.
        _ = multi.serveTimer()
        return true
    }

    private func cancel(_ id: UInt64) {
        if let exchange = exchanges[id] {
            finish(exchange, exchange.failure(.cancelled, "cancelled"))
        } else if waitingCount > 0 {
            giveUpWaiting {
                $0.id == id
            } because: { _ in
                .cancelledBeforeSending
            }
        }
    }

    private func giveUpWaiting(
        _ isGivenUp: (Waiting) -> Bool,
        because reason: (Job) -> HTTPTransportError
    ) {
        for line in lines.values where line.waiting.contains(where: isGivenUp) {
            let waiting = line.waiting
            line.waiting.removeAll(where: isGivenUp)
            for request in waiting where isGivenUp(request) {
                waitingCount -= 1
                request.job.fail(reason(request.job))
            }
        }
    }

    private func finish(_ exchange: CurlExchange, _ outcome: Outcome) {
        multi?.remove(exchange)
        guard let job = exchange.job else { return }
        exchanges[exchange.id] = nil
        exchange.clear()
        if spare.count < configuration.maxConnectionsPerHost { spare.append(exchange) }
        lastUse = .now
        job.continuation.resume(returning: outcome)
        job.line.inFlight -= 1
        while waitingCount > 0, hasRoom(job.line), let next = job.line.waiting.popFirst() {
            waitingCount -= 1
            // Without memory for it, those in flight start the others when they end; where none are, nobody would.
            guard launch(next.id, next.job) || job.line.inFlight == 0 else { return }
        }
    }

    /// Ends everything; what is in flight may have been carried out.
    func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        giveUpWaiting { _ in
            true
        } because: { _ in
            .shutDownBeforeSending
        }
        for exchange in Array(exchanges.values) {
            finish(exchange, exchange.failure(.shutDown, "the transport was shut down"))
        }
        closeConnections()
        thread.detach(self)
    }

    private func closeConnections() {
        spare = []
        (lines, last) = ([:], nil)
        multi = nil
    }
}

extension CurlLoop: IOThread.Client {
    nonisolated func receive(isReady: Bool, at time: ContinuousClock.Instant) {
        guard isReady else { return }
        assumeIsolated { loop in
            loop.multi?.serveReady()
            loop.finishDone()
        }
    }

    nonisolated func flush() -> IOThread.Wait {
        assumeIsolated { $0.serveClock() }
    }

    private func finishDone() {
        while let (exchange, code) = multi?.nextDone() { finish(exchange, exchange.outcome(code)) }
    }

    /// New exchanges begin by libcurl's clock, and so may those that take the place of others.
    private func serveClock() -> IOThread.Wait {
        guard let multi else { return .forJobsOnly }
        // Bounded, or a time-out that is always due would keep the thread.
        for _ in 0..<10 {
            finishDone()
            guard multi.serveTimer() else { break }
        }
        let now = ContinuousClock.now
        if waitingCount > 0 {
            giveUpWaiting {
                $0.until <= now
            } because: {
                $0.lateError(now)
            }
        }
        if exchanges.isEmpty, now >= lastUse + configuration.idleTimeout {
            closeConnections()
            return .forJobsOnly
        }
        return IOThread.Wait(descriptor: events.epoll, wantsToWrite: false, timeoutMilliseconds: milliseconds(now))
    }

    private func milliseconds(_ now: ContinuousClock.Instant) -> Int32 {
        var next = exchanges.isEmpty ? lastUse + configuration.idleTimeout : now + .seconds(60)
        if let due = events.due { next = min(next, due) }
        if waitingCount > 0, let first = lines.values.compactMap({ $0.waiting.map(\.until).min() }).min() {
            next = min(next, first)
        }
        // Up, so that it is due when the thread wakes up.
        return Int32(clamping: max(.zero, next - now).wholeMilliseconds)
    }
}
