internal import CoreMetrics
internal import Telemetry
internal import TriggerWorker

/// The worker's metrics, all of them there from the start: what has not happened yet is 0 and not missing, so that its
/// first time is an increase to whoever reads.
struct WorkerMeters: Sendable {
    private let requests: [Ending: Counter]
    private let durations: [Outcome: Timer]
    let inFlight: Meter
    let left: Counter
    private let postponed: [Postponement.Reason: Counter]
    private let undeliverable: Counter
    private let calls: [AzureCall: [AzureCall.Result: Counter]]
    private let callDurations: [AzureCall: Timer]
    let held: Meter
    private let connected: [BrokerLink: Meter]
    private let blocked: [BrokerLink: Meter]
    private let losses: [BrokerLink: Counter]
    private let reconnects: [BrokerLink: Counter]
    private let paused: [ServiceHealth.PauseReason: Meter]
    private let pausedFactories: Meter
    private let ready: Meter

    /// Which counter a request counts in.
    private struct Ending: Hashable {
        let outcome: Outcome
        let errorClass: ErrorClass?
    }

    init(_ factory: any MetricsFactory) {
        typealias Label = WorkerMetric.Label
        func counter(_ metric: MetricDefinition, _ labels: (String, String)...) -> Counter {
            Counter(label: metric.name, dimensions: labels, factory: factory)
        }
        func meter(_ metric: MetricDefinition, _ labels: (String, String)...) -> Meter {
            Meter(label: metric.name, dimensions: labels, factory: factory)
        }
        func timer(_ metric: MetricDefinition, _ labels: (String, String)...) -> Timer {
            Timer(label: metric.name, dimensions: labels, factory: factory)
        }
        requests = Self.each(Self.endings) { ending in
            let errorClass = ending.errorClass?.rawValue ?? Label.noClass
            return counter(
                WorkerMetric.requests,
                (Label.outcome, ending.outcome.rawValue),
                (Label.errorClass, errorClass)
            )
        }
        durations = Self.each(Outcome.allCases) {
            timer(WorkerMetric.requestDuration, (Label.outcome, $0.rawValue))
        }
        inFlight = meter(WorkerMetric.requestsInFlight)
        left = counter(WorkerMetric.requestsLeft)
        postponed = Self.each(Postponement.Reason.allCases) {
            counter(WorkerMetric.requestsPostponed, (Label.reason, $0.rawValue))
        }
        undeliverable = counter(WorkerMetric.repliesUndeliverable)
        calls = Self.each(AzureCall.allCases) { call in
            Self.each(call.results) {
                counter(WorkerMetric.azureCalls, (Label.call, call.rawValue), (Label.result, $0.rawValue))
            }
        }
        callDurations = Self.each(AzureCall.allCases) {
            timer(WorkerMetric.azureCallDuration, (Label.call, $0.rawValue))
        }
        held = meter(WorkerMetric.messagesHeld)
        connected = Self.each(BrokerLink.allCases) {
            meter(WorkerMetric.brokerConnected, (Label.connection, $0.rawValue))
        }
        blocked = Self.each(BrokerLink.allCases) {
            meter(WorkerMetric.brokerBlocked, (Label.connection, $0.rawValue))
        }
        losses = Self.each(BrokerLink.allCases) {
            counter(WorkerMetric.brokerLosses, (Label.connection, $0.rawValue))
        }
        reconnects = Self.each(BrokerLink.allCases) {
            counter(WorkerMetric.brokerReconnects, (Label.connection, $0.rawValue))
        }
        paused = Self.each(ServiceHealth.PauseReason.allCases) {
            meter(WorkerMetric.intakePaused, (Label.reason, $0.rawValue))
        }
        pausedFactories = meter(WorkerMetric.pausedFactories)
        ready = meter(WorkerMetric.ready)
        meter(WorkerMetric.buildInfo, (Label.version, WorkerInstance.version)).set(1)
    }

    private static func each<Key: Hashable, Value>(_ keys: [Key], _ make: (Key) -> Value) -> [Key: Value] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, make($0)) })
    }

    /// Every pair of outcome and class a request can end with.
    private static var endings: [Ending] {
        let errors = ErrorClass.allCases.filter { $0 != .replyUndeliverable }
            .map { Ending(outcome: $0.isRefusal ? .refused : .failed, errorClass: $0) }
        let others = Outcome.allCases.filter { $0 != .refused && $0 != .failed }
            .map { Ending(outcome: $0, errorClass: nil) }
        return errors + others
    }

    // MARK: - Counting

    func finished(_ request: FinishedRequest, took duration: Duration) {
        requests[Ending(outcome: request.outcome, errorClass: request.error?.errorClass)]?.increment()
        durations[request.outcome]?.record(duration)
        if let reason = request.postponed { postponed[reason]?.increment() }
        if case .undeliverable = request.receipt { undeliverable.increment() }
    }

    func called(_ call: AzureCall, _ result: AzureCall.Result, took duration: Duration) {
        calls[call]?[result]?.increment()
        callDurations[call]?.record(duration)
    }

    /// Takes over what changed on a connection.
    func note(_ change: WorkerCondition.LinkChange, on link: BrokerLink) {
        connected[link]?.set(change.isConnected ? 1 : 0)
        blocked[link]?.set(change.isBlocked ? 1 : 0)
        if change.wasLost { losses[link]?.increment() }
        if change.isReconnect { reconnects[link]?.increment() }
    }

    /// What is looked up when the page is asked for.
    func refresh(pause: ServiceHealth.PauseReason?, pausedFactories count: Int, isReady: Bool) {
        for (reason, meter) in paused { meter.set(reason == pause ? 1 : 0) }
        pausedFactories.set(count)
        ready.set(isReady ? 1 : 0)
    }
}

extension Timer {
    fileprivate func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
