/// What the worker needs of Azure Data Factory.
package protocol RunStarter: Sendable {
    /// Checks the target's names by Azure's rules.
    ///
    /// - Throws: ``RequestError`` of class `invalid`, naming the part and the rule.
    func check(_ target: Target) throws(RequestError)

    /// Asks Data Factory once to start a run, with `runID` as the id it shall have.
    ///
    /// - Parameter parameters: A checked JSON object, which must reach Azure byte for byte.
    /// - Returns: the id of the run that answers for this request.
    /// - Throws: ``StartFailure``, which says whether a run may exist all the same.
    func startRun(
        of target: Target,
        parameters: [UInt8],
        options: StartOptions,
        runID: String
    ) async throws(StartFailure) -> String
}

/// Why one attempt to start a run brought no run id.
package struct StartFailure: Error, Sendable {
    /// What a caller may conclude.
    package enum Meaning: Sendable, Hashable {
        /// No run was started; asking again is harmless.
        case notStarted
        /// A run may have been started. Asking again with the same run id is what finds out.
        case ambiguous
        /// Azure refuses this pipeline or these parameters for good.
        case refused
    }

    package var meaning: Meaning
    /// Azure's code, or ours.
    package var code: String
    /// Safe to show to the requester.
    package var message: String
    package var httpStatus: Int?
    package var azureRequestID: String?
    /// How long the service asked to be left alone.
    package var retryAfter: Duration?

    /// Describes a failed attempt.
    package init(
        _ meaning: Meaning,
        code: String,
        message: String,
        httpStatus: Int? = nil,
        azureRequestID: String? = nil,
        retryAfter: Duration? = nil
    ) {
        self.meaning = meaning
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.azureRequestID = azureRequestID
        self.retryAfter = retryAfter
    }
}

/// One message on the request queue, held by this worker.
package protocol RequestDelivery: Sendable {
    /// What it says.
    var message: RequestMessage { get }

    /// Puts a copy with its diagnosis on the error queue; returns when the broker has confirmed it.
    ///
    /// - Throws: ``RequestLeft`` where that can't be had any more.
    func park(_ diagnosis: Diagnosis) async throws(RequestLeft)

    /// Tells the broker that the request is done with.
    ///
    /// - Throws: ``RequestLeft`` where it is somebody else's by now.
    func acknowledge() async throws(RequestLeft)
}

/// Sends answers.
package protocol ReplySender: Sendable {
    /// Sends a reply; returns when the broker has confirmed it, at its address or, where nobody is there, on the queue
    /// of undeliverable replies.
    ///
    /// - Throws: ``RequestLeft`` where neither can be had any more.
    func send(_ reply: Reply, to address: ReplyAddress) async throws(RequestLeft) -> ReplyReceipt
}

/// Where a reply ended.
package enum ReplyReceipt: Sendable, Hashable {
    /// At its address.
    case delivered
    /// On the queue of undeliverable replies.
    case undeliverable(reason: String)
}

/// This worker can't finish a request any more: its connection is gone, or the worker is told to end. Nothing was
/// answered; the broker gives the request to its next holder, who asks for the same run.
package struct RequestLeft: Error, Sendable, CustomStringConvertible {
    /// Why, safe to log.
    package let description: String

    /// Gives the reason.
    package init(_ description: String) {
        self.description = description
    }
}
