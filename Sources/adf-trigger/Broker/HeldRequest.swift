internal import ErrorDesk
internal import RabbitMQ
internal import TriggerWorker

/// A delivery of the request queue, as the worker sees it. Of reference type, for it is handed on at every step.
final class HeldRequest: RequestDelivery {
    let message: RequestMessage

    private let delivery: Delivery
    private let publisher: Publisher

    init(_ delivery: Delivery, _ history: RequestHistory, publisher: Publisher) {
        self.delivery = delivery
        self.publisher = publisher
        let properties = delivery.message.properties
        message = RequestMessage(
            body: delivery.message.body,
            bodyByteCount: Int(clamping: delivery.bodyByteCount),
            messageID: properties.messageID,
            name: publisher.identity.name(in: properties),
            publisher: publisher.trust?.publisher(of: properties),
            identitySource: publisher.identity,
            correlationID: properties.correlationID,
            replyTo: properties.replyTo,
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            traceparent: Self.traceparent(properties.headers),
            madeUpIdentity: Self.madeUpIdentity(properties.headers),
            history: history
        )
    }

    /// W3C's version 00 has 55 characters and later ones may be longer; but what is passed on must fit a header frame.
    private static func traceparent(_ headers: FieldTable?) -> String? {
        guard let text = headers?["traceparent"]?.text, text.utf8.count <= 256 else { return nil }
        return text
    }

    private static func madeUpIdentity(_ headers: FieldTable?) -> String? {
        guard let text = headers?[RequestHeader.requestID]?.text, text.utf8.count == 36 else { return nil }
        return text
    }

    func checkHeld() async throws(RequestLeft) {
        // What a holder that has lost the request does or tells, the next one may have done or told otherwise.
        guard await delivery.channel.isOpen else { throw RequestLeft("the channel it came by is gone") }
    }

    func park(_ diagnosis: Diagnosis) async throws(RequestLeft) {
        try await publisher.park(delivery, diagnosis)
    }

    func postpone(_ postponement: Postponement, as identity: RequestIdentity) async throws(RequestLeft) {
        try await publisher.postpone(delivery, postponement, as: identity)
    }

    func acknowledge() async throws(RequestLeft) {
        do {
            try await delivery.channel.acknowledge(delivery)
        } catch {
            throw RequestLeft("\(error)")
        }
    }
}

/// The requests of one subscription, until it ends.
struct HeldRequests: AsyncSequence, Sendable {
    private let subscription: Subscription
    private let publisher: Publisher
    private let history: @Sendable (Delivery) -> RequestHistory

    /// - Parameter history: Reads what a message of this queue has been through.
    init(
        _ subscription: Subscription,
        publisher: Publisher,
        history: @escaping @Sendable (Delivery) -> RequestHistory
    ) {
        self.subscription = subscription
        self.publisher = publisher
        self.history = history
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var deliveries: Deliveries.AsyncIterator
        fileprivate let requests: HeldRequests

        /// What had arrived when the consumer was cancelled still comes, to be put back in order. A queue that is
        /// deleted takes back nothing: what is in work is ours to finish, so that is an end like any.
        mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RabbitMQError) -> HeldRequest? {
            do {
                guard let delivery = try await deliveries.next(isolation: actor) else { return nil }
                return HeldRequest(delivery, requests.history(delivery), publisher: requests.publisher)
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
