internal import RabbitMQ
internal import TriggerWorker

/// A delivery of the request queue, as the worker sees it.
struct HeldRequest: RequestDelivery {
    let message: RequestMessage

    private let delivery: Delivery
    private let publisher: Publisher

    init(_ delivery: Delivery, publisher: Publisher) {
        self.delivery = delivery
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
        guard await delivery.channel.isOpen else { throw RequestLeft("the channel it came by is gone") }
        try await publisher.park(delivery, diagnosis)
    }

    func acknowledge() async throws(RequestLeft) {
        do {
            try await delivery.channel.acknowledge(delivery)
        } catch {
            throw RequestLeft("\(error)")
        }
    }
}

/// The requests of one subscription, until it ends or we are told to stop.
struct HeldRequests: AsyncSequence, Sendable {
    private let subscription: Subscription
    private let publisher: Publisher
    private let isStopping: @Sendable () -> Bool

    init(_ subscription: Subscription, publisher: Publisher, isStopping: @escaping @Sendable () -> Bool) {
        self.subscription = subscription
        self.publisher = publisher
        self.isStopping = isStopping
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var deliveries: Deliveries.AsyncIterator
        fileprivate let requests: HeldRequests

        mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RabbitMQError) -> HeldRequest? {
            // What has arrived and was not begun goes back to the queue when the channel closes.
            guard !requests.isStopping(), let delivery = try await nextDelivery(isolation: actor),
                !requests.isStopping()
            else { return nil }
            return HeldRequest(delivery, publisher: requests.publisher)
        }

        /// A queue that is deleted takes back nothing: what is in work is ours to finish, so that is an end like any.
        private mutating func nextDelivery(
            isolation actor: isolated (any Actor)?
        ) async throws(RabbitMQError) -> Delivery? {
            do {
                return try await deliveries.next(isolation: actor)
            } catch {
                guard error.code == .consumerCancelled else { throw error }
                return nil
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(deliveries: subscription.deliveries.makeAsyncIterator(), requests: self)
    }
}
