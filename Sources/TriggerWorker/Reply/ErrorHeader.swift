/// The headers of an error copy: what went wrong, and where the request came from.
package enum ErrorHeader {
    package static let bodyDroppedBytes = "origin-body-dropped-bytes"
    package static let deliveryCount = "delivery-count"
    package static let errorClass = "error-class"
    package static let errorCode = "error-code"
    package static let errorMessage = "error-message"
    package static let errorRetryable = "error-retryable"
    package static let exchange = "origin-exchange"
    package static let failedAt = "failed-at"
    package static let firstFailedAt = "first-failed-at"
    package static let headersDropped = "origin-headers-dropped"
    package static let queue = "origin-queue"
    package static let replyTo = "origin-reply-to"
    package static let routingKey = "origin-routing-key"
    package static let runID = "run-id"
    package static let target = "target"
    package static let workerInstance = "worker-instance"
    package static let workerVersion = "worker-version"

    /// All that the diagnosis added and the request did not have. When it first failed stays with it.
    package static let ofDiagnosis = [
        bodyDroppedBytes, deliveryCount, errorClass, errorCode, errorMessage, errorRetryable, exchange, failedAt,
        headersDropped, queue, replyTo, routingKey, runID, target, workerInstance, workerVersion,
    ]
}
