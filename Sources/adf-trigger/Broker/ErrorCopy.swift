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

        var bare = properties
        bare.headers = diagnosed
        // Sent home it must be the same request of the same publisher.
        for name in [CopyTrust.header, identity.header].compactMap(\.self) {
            guard let value = properties.headers?[name], value.integer != nil || value.isShortText else { continue }
            bare.headers?[name] = value
        }
        bare.headers?.entries.append(.init(ErrorHeader.headersDropped, true))
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

extension FieldValue {
    /// Names are; what is longer names nothing, and might be what leaves no room.
    fileprivate var isShortText: Bool { (text?.utf8.count ?? .max) <= 255 }
}
