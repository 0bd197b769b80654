internal import RabbitMQ
internal import TriggerWorker

/// The worker's connections to the broker; a metric's label.
enum BrokerLink: String, Sendable, CaseIterable {
    case consume
    case publish
    case direct
}

/// Whether a worker is ready and alive, given what it was told: without a clock, locks or connections of its own.
///
/// *Ready* is a worker that consumes requests and can answer them. *Alive* is one that makes progress, or has nothing to
/// make progress with. A broker or an Azure that is down makes it unready and never dead: restarting would not help, and
/// each restart would cost the requests it holds one of the deliveries they have.
struct WorkerCondition: Sendable {
    /// What one event changed about a connection.
    struct LinkChange: Sendable, Hashable {
        var isConnected: Bool
        var isBlocked: Bool
        var wasLost = false
        var isReconnect = false
    }

    private struct Link {
        var isConnected = false
        var isBlocked = false
        var wasConnected = false
        /// Why there is no connection, as far as known.
        var trouble: String?
    }

    /// The longest reason shown, in bytes: it may quote Azure or the broker.
    static let reasonByteLimit = 512

    private var links: [BrokerLink: Link] = [:]
    private(set) var inWork = 0
    private var isConsuming = false
    private var isStopping = false
    private var lastTurn: ContinuousClock.Instant

    init(now: ContinuousClock.Instant) {
        lastTurn = now
    }

    // MARK: - Being told

    /// Something moved: a request, a call to Azure, a try to reach the broker.
    mutating func turned(_ now: ContinuousClock.Instant) {
        lastTurn = now
    }

    mutating func began(_ now: ContinuousClock.Instant) {
        inWork += 1
        lastTurn = now
    }

    mutating func ended(_ now: ContinuousClock.Instant) {
        inWork -= 1
        lastTurn = now
    }

    mutating func consumes(_ isConsuming: Bool, _ now: ContinuousClock.Instant) {
        self.isConsuming = isConsuming
        lastTurn = now
    }

    mutating func stops() {
        isStopping = true
    }

    mutating func note(_ event: ConnectionEvent, on name: BrokerLink, _ now: ContinuousClock.Instant) -> LinkChange {
        lastTurn = now
        var link = links[name] ?? Link()
        var change = LinkChange(isConnected: false, isBlocked: false)
        switch event {
        case .connected:
            change.isReconnect = link.wasConnected
            link = Link(isConnected: true, wasConnected: true)
        case .blocked: link.isBlocked = true
        case .unblocked: link.isBlocked = false
        case .closed(let error):
            change.wasLost = link.isConnected && error.code != .closedByUs
            link.isConnected = false
            link.isBlocked = false
            if error.code != .closedByUs { link.trouble = "\(error)" }
        case .retrying(let error, _, _):
            link.trouble = "\(error)"
        case .consumerCancelled, .acknowledgementTimedOut, .channelClosed, .consuming: break
        }
        links[name] = link
        change.isConnected = link.isConnected
        change.isBlocked = link.isBlocked
        return change
    }

    // MARK: - Being asked

    /// Why the worker is not ready; none where it is. What follows from a reason is not told besides it.
    func reasons(pause: ServiceHealth.Pause?) -> [String] {
        var reasons: [String] = []
        if isStopping { reasons.append("draining: the worker was told to stop") }
        if let pause { reasons.append("paused: \(pause.reason.rawValue): \(pause.message)") }
        if let reason = disconnection(.consume) {
            reasons.append("not-connected: \(reason)")
        } else if reasons.isEmpty, !isConsuming {
            reasons.append("not-consuming: the request queue has no consumer of this worker")
        }
        if links[.consume]?.isConnected == true, let reason = disconnection(.publish) {
            reasons.append("not-connected: publishing: \(reason)")
        }
        return reasons.map { $0.truncated(toByteCount: Self.reasonByteLimit) }
    }

    private func disconnection(_ link: BrokerLink) -> String? {
        guard links[link]?.isConnected != true else { return nil }
        return links[link]?.trouble ?? "there was no connection yet"
    }

    /// For how long nothing has moved that should have: longer than `limit`; nil where all is well.
    ///
    /// Nothing has to move while the worker waits for requests with none in work, and while the broker is known to take
    /// no messages. Everything else it does ends by itself or is tried again, all of it within the limit.
    func stillness(limit: Duration, _ now: ContinuousClock.Instant) -> Duration? {
        if isConsuming, inWork == 0 { return nil }
        if links.values.contains(where: \.isBlocked) { return nil }
        let stillness = now - lastTurn
        return stillness > limit ? stillness : nil
    }
}
