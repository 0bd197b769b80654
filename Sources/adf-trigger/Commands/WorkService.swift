internal import Logging
internal import RabbitMQ
internal import ServiceLifecycle
internal import TriggerWorker

/// Consumes requests until it is told to stop, over one subscription after another.
///
/// Stopping ends the consumer, lets the requests in work finish, and closes; what had arrived and was not begun goes
/// back to the queue. It returns when that is done.
struct WorkService: Service {
    private let settings: Settings
    private let azure: AzureAccess
    private let starter: DataFactoryStarter
    private let budget: WriteBudget
    private let instance = WorkerInstance()
    private let logger: Logger

    /// - Parameter azure: Closed when the service ends.
    init(_ settings: Settings, _ azure: AzureAccess, budget: WriteBudget, logger: Logger) {
        self.settings = settings
        self.azure = azure
        self.budget = budget
        self.logger = logger
        starter = DataFactoryStarter(azure.client)
    }

    func run() async throws {
        let broker = BrokerConnections(settings, worker: instance, logger: logger)
        let worker = Worker(
            policy: settings.policy,
            settings: settings.worker,
            budget: budget,
            starter: starter,
            replies: broker.publisher,
            logger: logger
        )
        await broker.whileOpen {
            while let subscription = await nextSubscription(of: broker.consumer) {
                await serve(subscription, worker, broker.publisher)
            }
        }
        await azure.shutdown()
        logger.info("stopped", metadata: ["worker.instance": "\(instance.name)"])
    }

    /// Nil when we are told to stop, which ends the wait for a broker too.
    private func nextSubscription(of consumer: RecoveringConsumer) async -> Subscription? {
        guard !Task.isShuttingDownGracefully else { return nil }
        return await cancelWhenGracefulShutdown { await consumer.subscribe() }
    }

    /// Works until the subscription ends or we are told to stop.
    private func serve(_ subscription: Subscription, _ worker: Worker, _ publisher: Publisher) async {
        let stop = StopFlag()
        let requests = HeldRequests(subscription, publisher: publisher, isStopping: { stop.isSet })
        await withTaskGroup(of: End.self) { group in
            group.addTask {
                // Why it ended is told of by the connection's events.
                try? await worker.run(requests)
                return .workDone
            }
            // The worker looks at the queue only when it has room for another request, and what it holds is somebody
            // else's as soon as the channel is gone.
            group.addTask {
                _ = await subscription.channel.waitUntilClosed()
                return .channelGone
            }
            group.addTask {
                guard (try? await gracefulShutdown()) != nil else { return .stopRequested }
                stop.set()
                // Ends the wait for the next request. Where it fails the subscription is over anyway.
                try? await subscription.channel.cancel(subscription.deliveries)
                return .stopRequested
            }
            for await end in group where end != .stopRequested { break }
            group.cancelAll()
        }
    }

    /// What ends one of the tasks that serve a subscription.
    private enum End {
        case workDone
        case channelGone
        case stopRequested
    }
}
