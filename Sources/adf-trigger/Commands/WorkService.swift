internal import IOLoop
internal import Logging
internal import RabbitMQ
internal import ServiceLifecycle
internal import TriggerWorker

/// Consumes requests until it is told to stop, over one subscription after another, and what the broker gave up on.
///
/// Stopping ends the consumers, lets the requests in work finish, puts back what was not begun, and closes. It returns
/// when that is done.
struct WorkService: Service {
    private let settings: Settings
    private let azure: AzureAccess
    private let thread: IOThread
    private let starter: any RunStarter
    private let budget: WriteBudget
    private let health: ServiceHealth
    private let monitor: HealthMonitor?
    private let beforeIt: AsyncStream<Never>?
    private let stop = StopRequest()
    private let instance = WorkerInstance()
    private let logger: Logger

    /// - Parameters:
    ///   - azure: Closed when the service ends.
    ///   - thread: What the connections to the broker live on, and the requests' tasks.
    ///   - monitor: Told of what happens, where anybody asks.
    ///   - beforeIt: Nothing is done before it ends.
    init(
        _ settings: Settings,
        _ azure: AzureAccess,
        _ thread: IOThread,
        budget: WriteBudget,
        health: ServiceHealth,
        monitor: HealthMonitor?,
        after beforeIt: AsyncStream<Never>?,
        logger: Logger
    ) {
        self.settings = settings
        self.azure = azure
        self.thread = thread
        self.budget = budget
        self.health = health
        self.monitor = monitor
        self.beforeIt = beforeIt
        self.logger = logger
        let starter = DataFactoryStarter(azure.client, markers: settings.markers)
        self.starter = monitor.map { MeteredStarter(starter, monitor: $0) } ?? starter
    }

    func run() async throws {
        if let beforeIt { for await _ in beforeIt {} }
        if !Task.isCancelled { await serve() }
        await azure.shutdown()
        logger.info("stopped", metadata: ["worker.instance": "\(instance.name)"])
    }

    private func serve() async {
        let broker = BrokerConnections(settings, on: thread, worker: instance, monitor: monitor, logger: logger)
        let worker = Worker(
            policy: settings.policy,
            settings: settings.worker,
            budget: budget,
            health: health,
            stop: stop,
            starter: starter,
            replies: broker.publisher,
            monitor: monitor,
            logger: logger
        )
        await broker.whileOpen {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await gracefulShutdown()
                    monitor?.stops()
                    stop.set()
                }
                await withTaskGroup(of: Void.self) { queues in
                    queues.addTask {
                        await work(broker.consumer, worker, broker.publisher, requestHistory) { monitor?.consumes($0) }
                    }
                    queues.addTask {
                        await work(broker.deadConsumer, worker, broker.publisher, deadHistory) { _ in }
                    }
                }
                group.cancelAll()
            }
        }
    }

    /// Consumes one queue over one subscription after another, with a pause while Azure can't be used.
    ///
    /// - Parameter onChange: Told whether the queue is consumed.
    private func work(
        _ consumer: RecoveringConsumer,
        _ worker: Worker,
        _ publisher: Publisher,
        _ history: @escaping @Sendable (Delivery) -> RequestHistory,
        onChange: @escaping @Sendable (Bool) -> Void
    ) async {
        let probe = IntakeProbe(starter: starter, health: health, stop: stop, logger: logger)
        while !stop.isSet {
            await probe.waitUntilOpen()
            guard let subscription = await nextSubscription(of: consumer) else { return }
            let requests = HeldRequests(subscription, publisher: publisher, history: history)
            onChange(true)
            await serve(subscription, worker, requests) { onChange(false) }
            onChange(false)
        }
    }

    private var requestHistory: @Sendable (Delivery) -> RequestHistory {
        { [topology = settings.topology] in RequestHistory($0, deliveryLimit: topology.deliveryLimit) }
    }

    private var deadHistory: @Sendable (Delivery) -> RequestHistory {
        { [topology = settings.topology] in RequestHistory(dead: $0, requestQueue: topology.requests) }
    }

    /// Nil when we are told to stop, which ends the wait for a broker too.
    private func nextSubscription(of consumer: RecoveringConsumer) async -> Subscription? {
        guard !Task.isShuttingDownGracefully else { return nil }
        return await cancelWhenGracefulShutdown { await consumer.subscribe() }
    }

    /// Works until the subscription ends. Stopping, or a pause of the intake, ends the consumer: what had arrived is then
    /// put back by the worker, and what is in work is finished.
    ///
    /// - Parameter onEnd: Told when no more requests come, which is before those in work are done.
    private func serve(
        _ subscription: Subscription,
        _ worker: Worker,
        _ requests: HeldRequests,
        onEnd: @escaping @Sendable () -> Void
    ) async {
        await withTaskGroup(of: End.self) { group in
            group.addTask {
                // On the thread of the connections and of the calls to Azure. Where a log line keeps the thread, all of
                // them wait, and the broker takes the requests back: whether they are held is not said before that is read,
                // and a call begins right after that or not at all.
                //
                // Why it ended is told of by the connection's events.
                try? await worker.run(requests, on: thread)
                return .workDone
            }
            // The worker looks at the queue only when it has room for another request, and what it holds is somebody
            // else's as soon as the channel is gone.
            group.addTask {
                _ = await subscription.channel.waitUntilClosed()
                onEnd()
                return .channelGone
            }
            group.addTask {
                await withTaskGroup(of: Void.self) { either in
                    either.addTask { await health.waitUntilPaused() }
                    either.addTask { await stop.wait() }
                    await either.next()
                    either.cancelAll()
                }
                onEnd()
                // Ends the wait for the next request. Where it fails the subscription is over anyway.
                if !Task.isCancelled { try? await subscription.channel.cancel(subscription.deliveries) }
                return .intakeClosed
            }
            for await end in group where end != .intakeClosed { break }
            group.cancelAll()
        }
        // A quorum queue forgets acknowledgements that come right before their channel closes, and what was answered or
        // put back would come again (rabbitmq-server 10327; 82 of 2000 on 3.10.8). Whether it closes for a stop or for
        // the next subscription, after a pause, makes no difference.
        if await subscription.channel.isOpen { try? await Task.sleep(for: Self.settlePause) }
    }

    private static let settlePause = Duration.milliseconds(250)

    /// What ends one of the tasks that serve a subscription.
    private enum End {
        case workDone
        case channelGone
        case intakeClosed
    }
}
