package import Logging

/// Works on the requests of a queue, so many at once.
package struct Worker: Sendable {
    private let life: RequestLife
    private let concurrency: Int
    private let stop: StopRequest
    private let monitor: (any WorkerMonitor)?
    private let logger: Logger

    /// Makes a worker that uses these ways to the outside.
    package init(
        policy: Policy,
        settings: WorkerSettings,
        budget: WriteBudget,
        health: ServiceHealth,
        stop: StopRequest,
        starter: any RunStarter,
        replies: any ReplySender,
        monitor: (any WorkerMonitor)? = nil,
        logger: Logger
    ) {
        concurrency = settings.concurrency
        self.stop = stop
        self.monitor = monitor
        life = RequestLife(
            policy: policy,
            bodyLimit: settings.bodyLimit,
            around: RunStart.Surroundings(
                starter: starter,
                budget: budget,
                health: health,
                stop: stop,
                rules: StartStateMachine.Rules(
                    check: settings.duplicateCheck,
                    window: settings.window,
                    identityWindow: settings.identityWindow,
                    targetPauseLimit: settings.targetPauseLimit,
                    ladder: settings.ladder,
                    settleTime: settings.settleTime
                ),
                holdTime: settings.holdTime,
                longestHold: settings.longestHold,
                logger: logger
            ),
            memory: RequestMemory(),
            replies: replies
        )
        self.logger = logger
    }

    /// Takes requests until there are no more, and returns when the last one is done.
    ///
    /// No request is taken while ``WorkerSettings/concurrency`` are in work: what waits, waits at the broker or in the
    /// consumer's prefetch, and nowhere else. Once the worker is to stop, what still comes is only put back, and is taken
    /// at once: those in work may need all the time there is.
    ///
    /// - Parameter executor: What all of it runs on. Where the actors that a request needs live there too, it reaches
    ///   them without a way between threads.
    /// - Throws: what `deliveries` throws, after the requests in work were cancelled and have let go.
    package func run<Deliveries: AsyncSequence & Sendable>(
        _ deliveries: Deliveries,
        on executor: any SerialExecutor & TaskExecutor
    ) async throws(Deliveries.Failure) where Deliveries.Element: RequestDelivery {
        let lanes = RequestLanes(deliveries, self, limit: concurrency, on: executor)
        let isOver = WaitableValue(false)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [stop] in
                _ = await stop.untilSet { await isOver.wait { $0 } }
                await lanes.lift()
            }
            while await lanes.needsAnother() { group.addTask(executorPreference: executor) { await lanes.run() } }
            isOver.set(true)
            // What is in work is its next holders' by now; finishing it would only delay our coming back.
            if case .failure = await lanes.end { group.cancelAll() }
        }
        try await lanes.end?.get()
    }

    /// Works on one request to its end.
    func work(on delivery: any RequestDelivery) async {
        let start = ContinuousClock.now
        monitor?.began()
        do {
            let finished = try await life.run(delivery)
            let duration = ContinuousClock.now - start
            monitor?.finished(finished, took: duration)
            report(finished, took: duration)
        } catch {
            monitor?.left()
            logger.warning(
                "request left to its next holder",
                metadata: [
                    LogKey.requestID: "\(delivery.message.name ?? "")", LogKey.reason: "\(error)",
                ]
            )
        }
    }

    /// The one line per finished request.
    private func report(_ finished: FinishedRequest, took duration: Duration) {
        if case .undeliverable(let reason) = finished.receipt {
            logger.warning(
                "reply could not be delivered and is kept",
                metadata: [
                    LogKey.requestID: "\(finished.requestID)", LogKey.runID: "\(finished.runID ?? "")",
                    LogKey.errorClass: "\(ErrorClass.replyUndeliverable.rawValue)", LogKey.reason: "\(reason)",
                ]
            )
        }
        guard logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            LogKey.requestID: "\(finished.requestID)",
            LogKey.outcome: "\(finished.outcome.rawValue)",
            LogKey.attempts: "\(finished.attempts)",
            LogKey.duration: "\(duration.milliseconds)",
        ]
        metadata[LogKey.publisher] = finished.publisher.map { "\($0)" }
        metadata[LogKey.target] = finished.target.map { "\($0)" }
        metadata[LogKey.postponed] = finished.postponed.map { "\($0.rawValue)" }
        metadata[LogKey.runID] = finished.runID.map { "\($0)" }
        if let error = finished.error {
            metadata[LogKey.errorClass] = "\(error.errorClass.rawValue)"
            metadata[LogKey.errorCode] = "\(error.code)"
            metadata[LogKey.reason] = "\(error.message)"
        }
        logger.info("request finished", metadata: metadata)
    }
}

extension Duration {
    /// Whole milliseconds, for logs.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
