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

    /// Asks Data Factory once whether a run exists.
    ///
    /// - Returns: the run, or nil where there is none.
    /// - Throws: ``StartFailure``; it is never ambiguous.
    func findRun(_ runID: String, of target: Target) async throws(StartFailure) -> ExistingRun?

    /// Looks for a run of the target by its marker, among a bounded number of late ones.
    ///
    /// - Throws: ``StartFailure``; it is never ambiguous.
    func findRun(_ marked: MarkedRun, of target: Target) async throws(StartFailure) -> MarkerSearch
}

/// Why one call to Data Factory brought no run. Of reference type, for it is large and every request keeps room for it.
package final class StartFailure: Error, Sendable, Equatable {
    /// What a caller may conclude.
    package enum Meaning: Sendable, Hashable {
        /// No run was started; asking again is harmless.
        case notStarted
        /// No run was started, and every caller of this subscription shall wait.
        case throttled
        /// A run may have been started: it must be looked for before createRun is called again.
        case ambiguous
        /// Azure refuses this pipeline or these parameters for good.
        case refused
        /// The target is out of reach until somebody grants a role or creates it.
        case target
        /// The worker's own credential is the trouble.
        case credential
    }

    package let meaning: Meaning
    /// Azure's code, or ours.
    package let code: String
    /// Safe to show to the requester.
    package let message: String
    package let httpStatus: Int?
    package let azureRequestID: String?
    /// How long the service asked to be left alone.
    package let retryAfter: Duration?
    /// Whether nothing at all came back: no connection, no answer in time.
    package let isUnanswered: Bool
    /// Whether Azure said that the run was started, and its id was lost on the way.
    package let isAccepted: Bool

    /// Describes a failed attempt.
    package init(
        _ meaning: Meaning,
        code: String,
        message: String,
        httpStatus: Int? = nil,
        azureRequestID: String? = nil,
        retryAfter: Duration? = nil,
        isUnanswered: Bool = false,
        isAccepted: Bool = false
    ) {
        self.meaning = meaning
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.azureRequestID = azureRequestID
        self.retryAfter = retryAfter
        self.isUnanswered = isUnanswered
        self.isAccepted = isAccepted
    }

    package static func == (failure: StartFailure, other: StartFailure) -> Bool {
        failure.meaning == other.meaning && failure.code == other.code && failure.message == other.message
            && failure.httpStatus == other.httpStatus && failure.azureRequestID == other.azureRequestID
            && failure.retryAfter == other.retryAfter && failure.isUnanswered == other.isUnanswered
            && failure.isAccepted == other.isAccepted
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

    /// Puts a copy where it comes back from by itself; returns when the broker has confirmed it.
    ///
    /// - Parameter identity: Travels with the copy where it was made up, so that the request keeps its run id.
    /// - Throws: ``RequestLeft`` where that can't be had any more.
    func postpone(_ postponement: Postponement, as identity: RequestIdentity) async throws(RequestLeft)

    /// Makes sure that the request is still this worker's, just before something that only its holder may do.
    ///
    /// - Throws: ``RequestLeft`` where the channel it came by is gone: it is, or will be, somebody else's.
    func checkHeld() async throws(RequestLeft)

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
