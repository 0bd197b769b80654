internal import RabbitMQ
internal import TriggerWorker

/// A delivery of the request queue, as the worker sees it.
struct HeldRequest: RequestDelivery {
    let message: RequestMessage

    private let delivery: Delivery
    private let channel: Channel
    private let publisher: Publisher

    init(_ delivery: Delivery, channel: Channel, publisher: Publisher) {
        self.delivery = delivery
        self.channel = channel
        self.publisher = publisher
        let properties = delivery.message.properties
        message = RequestMessage(
            body: delivery.message.body,
            bodyByteCount: Int(clamping: delivery.bodyByteCount),
            messageID: properties.messageID,
            correlationID: properties.correlationID,
            replyTo: properties.replyTo,
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            traceparent: Self.traceparent(properties.headers),
            isRedelivered: delivery.isRedelivered
        )
    }

    /// W3C's version 00 has 55 characters and later ones may be longer; but what is passed on must fit a header frame.
    private static func traceparent(_ headers: FieldTable?) -> String? {
        guard let text = headers?["traceparent"]?.text, text.utf8.count <= 256 else { return nil }
        return text
    }

    func park(_ diagnosis: Diagnosis) async throws(RequestLeft) {
        // A failure must not be told by a holder that has lost the request: the next one may have started it.
        guard await channel.isOpen else { throw RequestLeft("the channel it came by is gone") }
        try await publisher.park(delivery, diagnosis)
    }

    func acknowledge() async throws(RequestLeft) {
        do {
            try await channel.acknowledge(delivery)
        } catch {
            throw RequestLeft("\(error)")
        }
    }
}

/// The requests a consumer receives, until it is told to stop.
struct HeldRequests: AsyncSequence, Sendable {
    let deliveries: Deliveries
    let channel: Channel
    let publisher: Publisher
    let isStopping: @Sendable () -> Bool

    struct AsyncIterator: AsyncIteratorProtocol {
        var deliveries: Deliveries.AsyncIterator
        let requests: HeldRequests

        mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RabbitMQError) -> HeldRequest? {
            // What has arrived and was not begun goes back to the queue when the channel closes.
            guard !requests.isStopping(), let delivery = try await deliveries.next(isolation: actor),
                !requests.isStopping()
            else { return nil }
            return HeldRequest(delivery, channel: requests.channel, publisher: requests.publisher)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(deliveries: deliveries.makeAsyncIterator(), requests: self)
    }
}
