internal import Logging
internal import RabbitMQ
internal import TriggerWorker

/// Publishes replies and error copies over the publishing connection, whichever that is at the moment. Of reference type,
/// for every request held has it.
final class Publisher: ReplySender {
    let publisher: RecoveringPublisher
    let topology: Topology
    let identity: IdentitySource
    let trust: CopyTrust?
    let direct: DirectReplies
    let worker: WorkerInstance
    let monitor: HealthMonitor?
    let logger: Logger

    /// How often a reply is offered to a queue that refuses it, before it is kept aside.
    private static let replyTries = 3
    /// How often a reply is sent anew because the connection went before its confirm. Then it is kept aside: it may be
    /// what ends the connections.
    private static let interruptionLimit = 10

    init(
        publisher: RecoveringPublisher,
        topology: Topology,
        identity: IdentitySource,
        trust: CopyTrust?,
        direct: DirectReplies,
        worker: WorkerInstance,
        monitor: HealthMonitor?,
        logger: Logger
    ) {
        self.publisher = publisher
        self.topology = topology
        self.identity = identity
        self.trust = trust
        self.direct = direct
        self.worker = worker
        self.monitor = monitor
        self.logger = logger
    }

    // MARK: - Replies

    func send(_ reply: Reply, to address: ReplyAddress) async throws(RequestLeft) -> ReplyReceipt {
        switch address {
        case .direct(let address):
            switch await direct.send(Message(reply, isPersistent: false), to: address) {
            case .delivered: return .delivered
            case .gone(let reason): return try await keep(reply, for: address, reason)
            }
        case .queue(let queue):
            var backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
            var refusals = 0
            var interruptions = 0
            while true {
                switch try await offer(Message(reply, isPersistent: true), to: queue) {
                case .taken: return .delivered
                case .interrupted:
                    interruptions += 1
                    guard interruptions < Self.interruptionLimit else {
                        return try await keep(reply, for: queue, "its connection was lost \(interruptions) times")
                    }
                case .unroutable:
                    return try await keep(reply, for: queue, "the queue does not exist")
                case .unfit(let error):
                    return try await keep(reply, for: queue, error.message)
                case .refused(let problem), .unanswered(let problem):
                    refusals += 1
                    guard refusals < Self.replyTries else {
                        return try await keep(reply, for: queue, "\(problem), \(refusals) times")
                    }
                    try await rest(backoff.next())
                }
            }
        }
    }

    /// Keeps a reply its requester could not be given.
    private func keep(_ reply: Reply, for address: String, _ reason: String) async throws(RequestLeft) -> ReplyReceipt {
        var message = Message(reply, isPersistent: true)
        message.properties.headers?["error-class"] = .string(ErrorClass.replyUndeliverable.rawValue)
        message.properties.headers?["error-message"] = .string(reason)
        message.properties.headers?["origin-reply-to"] = .string(address)
        message.properties.headers?["request-id"] = .string(reply.requestID)
        message.properties.headers?["run-id"] = reply.runID.map { .string($0) }
        try await publishUntilConfirmed([message], to: topology.undeliverable)
        return .undeliverable(reason: "\(address): \(reason)")
    }

    // MARK: - Error copies

    func park(_ delivery: Delivery, _ diagnosis: Diagnosis) async throws(RequestLeft) {
        let copy = ErrorCopy(
            delivery,
            diagnosis,
            queue: topology.requests,
            worker: worker,
            identity: identity,
            trust: trust
        )
        try await publishUntilConfirmed([copy.message, copy.reduced], to: topology.errors)
    }

    // MARK: - Copies that come back

    func postpone(
        _ delivery: Delivery,
        _ postponement: Postponement,
        as identity: RequestIdentity
    ) async throws(RequestLeft) {
        let copy = PostponedCopy(delivery, postponement, as: identity, from: self.identity, trust: trust)
        try await publishUntilConfirmed(copy.forms, to: topology.queue(for: postponement.delay), again: copy.twins)
    }

    // MARK: - Publishing

    /// Offers a message until the broker has it: it must not be lost, so a queue that is missing or full is waited for,
    /// with a line in the log each time. The request stays unacknowledged meanwhile.
    ///
    /// - Parameters:
    ///   - forms: The message, and smaller forms of it for when it can't be put on the wire.
    ///   - again: The same for once the broker may have it already, where that makes a difference.
    private func publishUntilConfirmed(
        _ forms: [Message],
        to queue: String,
        again: [Message]? = nil
    ) async throws(RequestLeft) {
        var forms = forms[...]
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(30))
        var isHeld = false
        defer { if isHeld { monitor?.holdsNoLonger() } }
        while let message = forms.first {
            let problem: String
            switch try await offer(message, to: queue) {
            case .taken: return
            case .unroutable: problem = "it does not exist; create it with \"adf-trigger topology declare\""
            case .refused(let reason): problem = reason
            case .unanswered(let reason):
                problem = reason
                if let again { forms = again[...] }
            case .unfit(let error):
                forms.removeFirst()
                guard forms.isEmpty else { continue }
                throw RequestLeft("\(error)")
            case .interrupted:
                if let again { forms = again[...] }
                continue
            }
            monitor?.isHolding(first: !isHeld)
            isHeld = true
            logger.error(
                "a message can't be stored and is held",
                metadata: ["amqp.queue": "\(queue)", "reason": "\(problem)"]
            )
            try await rest(backoff.next())
        }
    }

    private enum Offer {
        case taken
        case unroutable
        case refused(String)
        /// It may have it, or not; it is not asked again at once.
        case unanswered(String)
        /// The connection went before the broker's answer, so it may have it; the next one can be asked at once.
        case interrupted
        /// It can't be put on the wire.
        case unfit(RabbitMQError)
    }

    /// Publishes once. What the broker did not confirm, because it is slow, because the connection went before its
    /// answer, or because it refuses this user, is offered again, and may then be there twice. Of replies and error
    /// copies that is harmless; of copies that come back the second says that it may be one.
    private func offer(_ message: Message, to queue: String) async throws(RequestLeft) -> Offer {
        do throws(RabbitMQError) {
            switch try await publisher.publish(message, routingKey: queue, isMandatory: true) {
            case .confirmed: return .taken
            case .returned: return .unroutable
            case .nacked: return .refused("it refuses the message; it is probably full")
            case .inDoubt(let error):
                guard error.code != .cancelled else { throw error }
                return error.isRetryable && error.code != .timeout ? .interrupted : .unanswered(error.message)
            }
        } catch {
            guard error.code != .invalidArgument else { return .unfit(error) }
            throw RequestLeft("\(error)")
        }
    }

    private func rest(_ duration: Duration) async throws(RequestLeft) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw RequestLeft("the worker ended")
        }
    }
}

extension Message {
    /// A reply on the wire.
    fileprivate init(_ reply: Reply, isPersistent: Bool) {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.deliveryMode = isPersistent ? .persistent : .transient
        properties.type = Reply.messageType
        properties.correlationID = reply.correlationID
        // Tells returned replies apart, and lets a requester recognise one that comes twice.
        properties.messageID = reply.messageID
        properties.appID = "adf-trigger"
        var headers: FieldTable = ["outcome": .string(reply.outcome.rawValue)]
        headers["traceparent"] = reply.traceparent.map { .string($0) }
        properties.headers = headers
        self.init(properties: properties, body: reply.body)
    }
}
