internal import FoundationEssentials
internal import RabbitMQ
internal import TriggerWorker

/// A parked request: the message as it came, with what went wrong in its headers.
struct ErrorCopy {
    let message: Message
    /// The same without the publisher's headers, for when all of them do not fit one frame.
    let reduced: Message

    init(
        _ delivery: Delivery,
        _ diagnosis: Diagnosis,
        queue: String,
        worker: WorkerInstance,
        identity: IdentitySource,
        trust: CopyTrust?
    ) {
        let diagnosed = Self.headers(delivery, diagnosis, queue: queue, worker: worker)
        let properties = Republication.properties(of: delivery, adding: diagnosed, trust: trust)
        message = Message(properties: properties, body: delivery.message.body)

        // Sent home it must be the same request of the same publisher.
        let bare = properties.reduced(to: diagnosed, keeping: [CopyTrust.header, identity.header], upTo: 255)
        reduced = Message(properties: bare, body: delivery.message.body)
    }

    /// What an earlier error copy of the same request said, if that is what it is.
    private static func firstFailedAt(_ headers: FieldTable?) -> String? {
        guard let text = headers?[ErrorHeader.firstFailedAt]?.text, text.utf8.count <= 40 else { return nil }
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
            ErrorHeader.errorClass: .string(error.errorClass.rawValue),
            ErrorHeader.errorCode: .string(error.code),
            ErrorHeader.errorMessage: .string(error.message),
            ErrorHeader.errorRetryable: .bool(error.errorClass.isRetryable),
            ErrorHeader.failedAt: .string(failedAt),
            ErrorHeader.firstFailedAt: .string(Self.firstFailedAt(properties.headers) ?? failedAt),
            RequestHeader.attempts: .int64(Int64(error.attempts)),
            ErrorHeader.deliveryCount: .int64(properties.headers?["x-delivery-count"]?.integer ?? 0),
            ErrorHeader.queue: .string(queue),
            ErrorHeader.exchange: .string(delivery.exchange),
            ErrorHeader.routingKey: .string(delivery.routingKey),
            RequestHeader.requestID: .string(diagnosis.requestID),
            ErrorHeader.workerInstance: .string(worker.name),
            ErrorHeader.workerVersion: .string(WorkerInstance.version),
        ]
        if delivery.bodyByteCount > delivery.message.body.count {
            headers[ErrorHeader.bodyDroppedBytes] = .int64(Int64(clamping: delivery.bodyByteCount))
        }
        headers[ErrorHeader.replyTo] = properties.replyTo.map { .string($0) }
        headers[ErrorHeader.runID] = error.runID.map { .string($0) }
        headers[ErrorHeader.target] = diagnosis.target.map { .string($0) }
        headers["traceparent"] = diagnosis.traceparent.map { .string($0) }
        return headers
    }
}
