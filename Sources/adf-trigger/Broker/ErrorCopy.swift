internal import FoundationEssentials
internal import RabbitMQ
internal import TriggerWorker

/// A parked request: the message as it came, with what went wrong in its headers.
struct ErrorCopy {
    let message: Message
    /// The same without the publisher's headers, for when all of them do not fit one frame.
    let reduced: Message

    init(_ delivery: Delivery, _ diagnosis: Diagnosis, queue: String, worker: WorkerInstance) {
        let diagnosed = Self.headers(delivery, diagnosis, queue: queue, worker: worker)
        let properties = Republication.properties(of: delivery, adding: diagnosed)
        message = Message(properties: properties, body: delivery.message.body)

        var bare = properties
        bare.headers = diagnosed
        bare.headers?.entries.append(.init("origin-headers-dropped", true))
        reduced = Message(properties: bare, body: delivery.message.body)
    }

    /// What an earlier error copy of the same request said, if that is what it is.
    private static func firstFailedAt(_ headers: FieldTable?) -> String? {
        guard let text = headers?["first-failed-at"]?.text, text.utf8.count <= 40 else { return nil }
        return text
    }

    private static func headers(
        _ delivery: Delivery,
        _ diagnosis: Diagnosis,
        queue: String,
        worker: WorkerInstance
    ) -> FieldTable {
        let error = diagnosis.error
        let failedAt = diagnosis.failedAt.ISO8601Format(.init(includingFractionalSeconds: true))
        let properties = delivery.message.properties
        var headers: FieldTable = [
            "error-class": .string(error.errorClass.rawValue),
            "error-code": .string(error.code),
            "error-message": .string(error.message),
            "error-retryable": .bool(error.errorClass.isRetryable),
            "failed-at": .string(failedAt),
            "first-failed-at": .string(Self.firstFailedAt(properties.headers) ?? failedAt),
            "attempts": .int64(Int64(error.attempts)),
            "delivery-count": .int64(properties.headers?["x-delivery-count"]?.integer ?? 0),
            "origin-queue": .string(queue),
            "origin-exchange": .string(delivery.exchange),
            "origin-routing-key": .string(delivery.routingKey),
            "request-id": .string(diagnosis.requestID),
            "worker-instance": .string(worker.name),
            "worker-version": .string(WorkerInstance.version),
        ]
        if delivery.bodyByteCount > delivery.message.body.count {
            headers["origin-body-dropped-bytes"] = .int64(Int64(clamping: delivery.bodyByteCount))
        }
        headers["origin-reply-to"] = properties.replyTo.map { .string($0) }
        headers["run-id"] = error.runID.map { .string($0) }
        headers["target"] = diagnosis.target.map { .string($0) }
        headers["traceparent"] = diagnosis.traceparent.map { .string($0) }
        return headers
    }
}
