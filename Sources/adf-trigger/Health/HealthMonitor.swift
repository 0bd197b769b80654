internal import CoreMetrics
internal import NIOConcurrencyHelpers
internal import RabbitMQ
internal import Telemetry
internal import TriggerWorker

/// Watches a worker for whoever asks how it is.
final class HealthMonitor: WorkerMonitor {
    /// What there is to say to a probe.
    struct Verdict: Sendable, Hashable {
        /// None where all is well.
        var reasons: [String]
        var isWell: Bool { reasons.isEmpty }
    }

    private let health: ServiceHealth
    private let requestQueue: String
    private let stillnessLimit: Duration
    private let registry: PrometheusRegistry
    private let meters: WorkerMeters
    private let condition: NIOLockedValueBox<WorkerCondition>

    /// - Parameters:
    ///   - requestQueue: Its consumer makes the worker ready.
    ///   - stillnessLimit: How long nothing may move before the worker counts as dead.
    init(health: ServiceHealth, requestQueue: String, stillnessLimit: Duration) {
        self.health = health
        self.requestQueue = requestQueue
        self.stillnessLimit = stillnessLimit
        registry = PrometheusRegistry(WorkerMetric.all)
        meters = WorkerMeters(registry)
        condition = NIOLockedValueBox(WorkerCondition(now: .now))
    }

    // MARK: - Asked

    /// Whether the worker consumes requests and can answer them.
    var readiness: Verdict {
        let pause = health.pause
        return Verdict(reasons: condition.withLockedValue { $0.reasons(pause: pause) })
    }

    /// Whether the worker makes progress.
    var liveness: Verdict {
        let (stillness, inWork) = condition.withLockedValue { condition in
            (condition.stillness(limit: stillnessLimit, .now), condition.inWork)
        }
        guard let stillness else { return Verdict(reasons: []) }
        let seconds = stillness.components.seconds
        return Verdict(reasons: ["stuck: nothing has moved for \(seconds) s, with \(inWork) requests in work"])
    }

    /// The metrics, in Prometheus' text format.
    var metricsPage: [UInt8] {
        meters.refresh(
            pause: health.pause?.reason,
            pausedFactories: health.pausedFactoryCount,
            isReady: readiness.isWell
        )
        return registry.page()
    }

    // MARK: - Told by the worker

    func began() {
        condition.withLockedValue { $0.began(.now) }
        meters.inFlight.increment()
    }

    func finished(_ request: FinishedRequest, took duration: Duration) {
        condition.withLockedValue { $0.ended(.now) }
        meters.inFlight.decrement()
        meters.finished(request, took: duration)
    }

    func left() {
        condition.withLockedValue { $0.ended(.now) }
        meters.inFlight.decrement()
        meters.left.increment()
    }

    // MARK: - Told by what is around it

    func called(_ call: AzureCall, _ result: AzureCall.Result, took duration: Duration) {
        condition.withLockedValue { $0.turned(.now) }
        meters.called(call, result, took: duration)
    }

    /// The request queue has, or has no longer, a consumer of ours.
    func consumes(_ isConsuming: Bool) {
        condition.withLockedValue { $0.consumes(isConsuming, .now) }
    }

    func stops() {
        condition.withLockedValue { $0.stops() }
    }

    func note(_ event: ConnectionEvent, on link: BrokerLink) {
        let change = condition.withLockedValue { $0.note(event, on: link, .now) }
        meters.note(change, on: link)
        if case .consumerCancelled(let consumer) = event, consumer.queue == requestQueue { consumes(false) }
    }

    /// A message could not be stored, for the first time or again.
    func isHolding(first: Bool) {
        condition.withLockedValue { $0.turned(.now) }
        if first { meters.held.increment() }
    }

    /// It was stored, or given up.
    func holdsNoLonger() {
        meters.held.decrement()
    }
}

extension Settings {
    /// How long nothing may move before the worker counts as dead: longer than a request is ever held, and shorter than
    /// the broker waits for acknowledgements, so that what a stuck worker holds comes to another by a restart.
    var stillnessLimit: Duration {
        max(worker.holdTime, worker.longestHold) + (azure?.timeout ?? .zero) * 2 + .seconds(60)
    }
}
