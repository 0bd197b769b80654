internal import Logging
internal import RabbitMQ
internal import TriggerWorker

/// One life of the worker's connections: from login to loss or stop.
///
/// It consumes over one connection and publishes over another, and direct replies have a third: under a memory alarm
/// the broker stops reading a publisher's connection, and acknowledgements on it would be stuck with the rest.
struct BrokerSession: Sendable {
    let consuming: Connection
    let publishing: Connection
    let channel: Channel
    let deliveries: Deliveries
    let publisher: Publisher

    /// Connects, prepares the queues and starts consuming.
    ///
    /// - Throws: ``RabbitMQError``; whatever was opened is closed again.
    static func open(
        _ settings: Settings,
        worker: WorkerInstance,
        logger: Logger
    ) async throws(RabbitMQError) -> BrokerSession {
        var configuration = settings.broker.named("consume")
        // What is far above the limit is refused without keeping it: a prefetch full of the largest messages a broker
        // takes would not fit a worker's memory.
        configuration.maximumBodyByteCount = max(settings.worker.bodyLimit, 16 << 20)
        let consuming = try await Connection.open(configuration)
        do throws(RabbitMQError) {
            let publishing = try await Connection.open(settings.broker.named("publish"))
            do throws(RabbitMQError) {
                return try await BrokerSession(settings, consuming, publishing, worker: worker, logger: logger)
            } catch {
                await publishing.close()
                throw error
            }
        } catch {
            await consuming.close()
            throw error
        }
    }

    private init(
        _ settings: Settings,
        _ consuming: Connection,
        _ publishing: Connection,
        worker: WorkerInstance,
        logger: Logger
    ) async throws(RabbitMQError) {
        self.consuming = consuming
        self.publishing = publishing
        try await settings.topology.prepare(settings.topologyMode, over: publishing)
        let replies = try await publishing.openChannel()
        try await replies.enableConfirms()
        publisher = Publisher(
            connection: publishing,
            channel: replies,
            topology: settings.topology,
            direct: DirectReplies(settings.broker.named("direct")),
            worker: worker,
            logger: logger
        )
        channel = try await consuming.openChannel()
        try await channel.setPrefetch(settings.prefetch)
        do throws(RabbitMQError) {
            deliveries = try await channel.consume(
                settings.topology.requests,
                consumerTag: "adf-trigger-\(worker.name)"
            )
        } catch {
            guard error.replyCode == 404 else { throw error }
            var error = error
            error.message =
                "queue \"\(settings.topology.requests)\" does not exist; create it with \"adf-trigger topology declare\""
            throw error
        }
    }

    /// Closes everything; what is unacknowledged goes back to the queue.
    func close() async {
        await consuming.close()
        await publisher.direct.close()
        await publishing.close()
    }
}

extension ConnectionConfiguration {
    /// The same under a name operators can tell apart.
    fileprivate func named(_ part: String) -> ConnectionConfiguration {
        var copy = self
        copy.connectionName = "adf-trigger \(part)"
        return copy
    }
}
