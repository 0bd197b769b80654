internal import Logging
internal import RabbitMQ
internal import TriggerWorker

/// Writes down what happens to the connections to the broker.
struct BrokerLog: Sendable {
    private let logger: Logger
    private let worker: WorkerInstance

    init(_ logger: Logger, worker: WorkerInstance) {
        self.logger = logger
        self.worker = worker
    }

    @Sendable func note(_ event: ConnectionEvent) {
        switch event {
        case .connected(let address):
            logger.debug("connected", metadata: ["amqp.address": "\(address)"])
        case .consuming(let queue, let address):
            logger.info(
                "consuming",
                metadata: [
                    "amqp.address": "\(address)", "amqp.queue": "\(queue)", "worker.instance": "\(worker.name)",
                ]
            )
        case .blocked(let reason):
            logger.warning(
                "the broker takes no messages; replies wait until it does",
                metadata: ["reason": "\(reason)"]
            )
        case .unblocked:
            logger.warning("the broker takes messages again")
        case .consumerCancelled(let consumer):
            logger.warning(
                "the broker cancelled the consumer; the queue was probably deleted",
                metadata: ["amqp.queue": "\(consumer.queue)"]
            )
        case .acknowledgementTimedOut(let error):
            logger.error(
                "requests were held for longer than the broker's consumer_timeout, and go to their next holder; lower worker.prefetch or worker.holdSeconds",
                metadata: ["reason": "\(error)"]
            )
        case .channelClosed(let error):
            logger.warning("the broker closed a channel", metadata: ["reason": "\(error)"])
        case .retrying(let error, let address, let pause):
            let isWeather = error.isRetryable || error.code == .closedByUs
            logger.log(
                level: isWeather ? .warning : .error,
                "no broker; trying again",
                metadata: [
                    "amqp.address": "\(address)", "reason": "\(error)", "retry.delay_ms": "\(pause.milliseconds)",
                ]
            )
        case .closed:
            // What follows tells of it: another try, or the stop that asked for it.
            break
        }
    }
}
