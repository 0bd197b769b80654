internal import IOLoop
internal import Logging
internal import RabbitMQ
internal import TriggerWorker

/// The worker's connections to the broker; each comes back by itself.
///
/// It consumes over one and publishes over another, and direct replies have a third: under a memory alarm the broker
/// stops reading a publisher's connection, and acknowledgements on it would be stuck with the rest. Losing the
/// publishing one takes no request from us: what is in work waits for the next.
struct BrokerConnections: Sendable {
    let consumer: RecoveringConsumer
    /// Of what the broker has given up on.
    let deadConsumer: RecoveringConsumer
    let publisher: Publisher

    /// Few at a time: they are rare, and each is looked up.
    private static let deadPrefetch: UInt16 = 4

    private let consuming: RecoveringConnection
    private let publishing: RecoveringConnection
    private let direct: DirectReplies

    /// - Parameter thread: What the connections live on.
    init(
        _ settings: Settings,
        on thread: IOThread,
        worker: WorkerInstance,
        monitor: HealthMonitor?,
        logger: Logger
    ) {
        let log = BrokerLog(logger, worker: worker)
        var brokers = settings.brokers
        for index in brokers.indices { brokers[index].thread = thread }
        consuming = RecoveringConnection(
            brokers.named("consume") {
                // What is far above the limit is refused without keeping it: a prefetch full of the largest messages a
                // broker takes would not fit a worker's memory.
                $0.maximumBodyByteCount = max(settings.worker.bodyLimit, 16 << 20)
            },
            onEvent: { event in
                log.note(event)
                monitor?.note(event, on: .consume)
            },
            prepare: { [topology = settings.topology, mode = settings.topologyMode] connection throws(RabbitMQError) in
                try await topology.prepare(mode, over: connection)
            }
        )
        publishing = RecoveringConnection(
            brokers.named("publish"),
            onEvent: { event in
                log.note(event)
                monitor?.note(event, on: .publish)
            },
            prepare: { [trust = settings.trust] connection throws(RabbitMQError) in
                try await trust?.checkLogin(over: connection)
            }
        )
        consumer = RecoveringConsumer(
            consuming,
            ConsumerDeclaration(queue: settings.topology.requests, consumerTag: "adf-trigger-\(worker.name)"),
            prefetch: settings.prefetch
        )
        deadConsumer = RecoveringConsumer(
            consuming,
            ConsumerDeclaration(queue: settings.topology.dead, consumerTag: "adf-trigger-dead-\(worker.name)"),
            prefetch: Self.deadPrefetch
        )
        direct = DirectReplies(brokers.named("direct")) { monitor?.note($0, on: .direct) }
        publisher = Publisher(
            publisher: RecoveringPublisher(publishing),
            topology: settings.topology,
            identity: settings.identity,
            trust: settings.trust,
            direct: direct,
            worker: worker,
            monitor: monitor,
            logger: logger
        )
    }

    /// Keeps the connections until `body` returns; then closes them, the consuming one first: what it held and nobody
    /// finished is somebody else's from then on.
    func whileOpen(_ body: () async -> Void) async {
        await withTaskGroup(of: Void.self) { outer in
            outer.addTask { await publishing.run() }
            await withTaskGroup(of: Void.self) { inner in
                inner.addTask { await consuming.run() }
                await body()
                inner.cancelAll()
            }
            await direct.close()
            outer.cancelAll()
        }
    }
}

extension [ConnectionConfiguration] {
    /// The same under a name operators can tell apart.
    fileprivate func named(_ part: String, change: (inout ConnectionConfiguration) -> Void = { _ in }) -> Self {
        map { configuration in
            var copy = configuration
            copy.connectionName = "adf-trigger \(part)"
            change(&copy)
            return copy
        }
    }
}
