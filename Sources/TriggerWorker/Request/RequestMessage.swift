/// What the worker reads of a message on the request queue. Of reference type, for it is handed on at every step.
package final class RequestMessage: Sendable {
    /// The body, as it came; empty where it was too large to be kept.
    package let body: [UInt8]
    /// The body's size, be it kept or not.
    package let bodyByteCount: Int
    /// `message-id`.
    package let messageID: String?
    /// What its publisher calls it, in the property that ``identitySource`` says.
    package let name: String?
    /// Who published it first, by the word of the broker; nil where nobody vouches for it.
    package let publisher: String?
    /// What makes it the same request as another.
    package let identitySource: IdentitySource
    /// `correlation-id`, echoed in the reply.
    package let correlationID: String?
    /// `reply-to`: where the requester wants the answer.
    package let replyTo: String?
    package let contentType: String?
    package let contentEncoding: String?
    /// Header `traceparent`, passed on with the reply and the error copy.
    package let traceparent: String?
    /// The name an earlier holder made up for it, where it has no message id.
    package let madeUpIdentity: String?
    /// What it has been through before.
    package let history: RequestHistory

    /// Makes a message; everything but the body may be absent.
    package init(
        body: [UInt8],
        bodyByteCount: Int? = nil,
        messageID: String? = nil,
        name: String? = nil,
        publisher: String? = nil,
        identitySource: IdentitySource = IdentitySource(),
        correlationID: String? = nil,
        replyTo: String? = nil,
        contentType: String? = nil,
        contentEncoding: String? = nil,
        traceparent: String? = nil,
        madeUpIdentity: String? = nil,
        history: RequestHistory = RequestHistory()
    ) {
        self.body = body
        self.bodyByteCount = bodyByteCount ?? body.count
        self.messageID = messageID
        self.name = name
        self.publisher = publisher
        self.identitySource = identitySource
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.traceparent = traceparent
        self.madeUpIdentity = madeUpIdentity
        self.history = history
    }

    /// Which request it is: by its name, or where there is none by one made up for this delivery.
    package var identity: RequestIdentity {
        guard let name, !name.isEmpty else {
            return RequestIdentity(madeUp: madeUpIdentity)
        }
        return identitySource.identity(named: name, by: publisher)
    }
}
