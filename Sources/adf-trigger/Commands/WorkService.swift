internal import AzureIdentity
internal import Logging
internal import RabbitMQ
internal import ServiceLifecycle
internal import TriggerWorker

/// Consumes requests until it is told to stop, over one broker session after another.
///
/// Stopping ends the consumer, lets the requests in work finish, and closes; what had arrived and was not begun goes
/// back to the queue. It returns when that is done.
struct WorkService: Service {
    private let settings: Settings
    private let transport: AsyncHTTPClientTransport
    private let starter: DataFactoryStarter
    private let budget: WriteBudget
    private let instance = WorkerInstance()
    private let logger: Logger

    /// Nil for settings without Azure's part.
    init?(_ settings: Settings, logger: Logger) {
        guard let azure = settings.azure else { return nil }
        self.settings = settings
        self.logger = logger
        transport = AsyncHTTPClientTransport(
            // A few more than requests in work: where tokens come from the same host they need a connection too.
            configuration: .init(maxConnectionsPerHost: settings.worker.concurrency + 4)
        )
        starter = DataFactoryStarter(azure, transport: transport)
        budget = WriteBudget(perSecond: azure.writesPerSecond, burst: azure.writeBurst)
    }

    func run() async throws {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(30))
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do throws(RabbitMQError) {
                let session = try await BrokerSession.open(settings, worker: instance, logger: logger)
                let opened = ContinuousClock.now
                // A session that ends soon after it began has not shown that all is well: coming back at once each time
                // would use up the requests' delivery limit.
                defer { if .now - opened > .seconds(30) { backoff.reset() } }
                logger.info(
                    "consuming",
                    metadata: [
                        "amqp.address": "\(settings.broker.address)", "amqp.queue": "\(settings.topology.requests)",
                        "worker.instance": "\(instance.name)",
                    ]
                )
                try await serve(session)
            } catch {
                let isWeather = error.isRetryable || error.code == .closedByUs
                let pause = isWeather ? backoff.next() : .seconds(30)
                logger.log(
                    level: isWeather ? .warning : .error,
                    "no broker; trying again",
                    metadata: [
                        "amqp.address": "\(settings.broker.address)", "reason": "\(error)",
                        "retry.delay_ms": "\(pause.milliseconds)",
                    ]
                )
                // A signal ends the wait.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
        }
        await transport.shutdown()
        logger.info("stopped", metadata: ["worker.instance": "\(instance.name)"])
    }

    /// Works until the session ends or we are told to stop.
    private func serve(_ session: BrokerSession) async throws(RabbitMQError) {
        let worker = Worker(
            policy: settings.policy,
            settings: settings.worker,
            budget: budget,
            starter: starter,
            replies: session.publisher,
            logger: logger
        )
        let stop = StopFlag()
        let requests = HeldRequests(
            deliveries: session.deliveries,
            channel: session.channel,
            publisher: session.publisher,
            isStopping: { stop.isSet }
        )
        let loss = await withTaskGroup(of: End.self) { group -> RabbitMQError? in
            group.addTask {
                do throws(RabbitMQError) {
                    try await worker.run(requests)
                    return .workDone
                } catch {
                    return .lost(error)
                }
            }
            // The worker looks at the queue only when it has room for another request: what it holds is somebody
            // else's as soon as the channel is gone, and without the publishing channel nothing can be finished.
            group.addTask { .lost(await session.channel.waitUntilClosed()) }
            group.addTask { .lost(await session.publisher.channel.waitUntilClosed()) }
            group.addTask {
                guard (try? await gracefulShutdown()) != nil else { return .stopRequested }
                stop.set()
                // Ends the wait for the next request. Where it fails the session is over anyway.
                try? await session.channel.cancel(session.deliveries)
                return .stopRequested
            }
            var loss: RabbitMQError?
            for await end in group {
                if case .stopRequested = end { continue }
                if case .lost(let error) = end { loss = error }
                break
            }
            group.cancelAll()
            // Ends the waits for the channels; what is unacknowledged goes back to its queue.
            await session.close()
            return loss
        }
        // A stop that comes while the session is lost is still a stop.
        guard !stop.isSet, let loss else { return }
        throw session.publisher.fault.error ?? loss
    }

    /// What ends one of the tasks of a session.
    private enum End {
        case workDone
        case lost(RabbitMQError)
        case stopRequested
    }
}
