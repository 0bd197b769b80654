package import FoundationEssentials

/// What a request has been through before this delivery: what the broker says of it, and what earlier holders wrote
/// into its headers when they put it back.
package struct RequestHistory: Sendable, Equatable {
    /// Whether somebody held it before and did not settle it. An attempt of that holder may still be on its way.
    package var isRedelivered = false
    /// How often it has been handed out in vain, this copy of it and those before: the broker counts each anew.
    package var deliveries = 0
    /// Whether a worker put it back to have it again later.
    package var wasPostponed = false
    /// For how many windows it is still to wait, because the same request may be at large a second time: the broker took an
    /// earlier copy without saying so, or its publisher was gone before the acknowledgement of what it was a copy of.
    package var twinWaits = 0
    /// createRun calls that earlier holders made.
    package var attempts = 0
    /// Steps it has gone up the ladder of delays, each for a failure of its own.
    package var steps = 0
    /// How often it was put back because this worker's own write budget left no turn.
    package var budgetWaits = 0
    /// Until when a createRun call may have started its run, where one may have been under way and has been waited out.
    package var calledUntil: Date?
    /// Since when its target can't be reached, where that is why it was put back.
    package var pausedSince: Date?
    /// Whether a createRun call of an earlier holder may have started a run that nobody has seen: no look-up since that
    /// call was over has said that there is none.
    package var isInDoubt = false
    /// The last thing that went wrong, where it was put back for that.
    package var lastFailure: StartFailure?
    /// What it is to be answered if no run is found: the broker gave up on it, or will.
    package var verdict: ErrorClass?
    /// Raised by an operator who sends a rejected request home: 0 for a request as it was published.
    package var generation = 0

    /// A request nobody has held.
    package init() {}

    /// Whether a run may exist already, so that it must be looked for before anything else is said about the request.
    var mayHaveRun: Bool { mayBeInFlight || wasPostponed || generation > 0 || verdict != nil }

    /// Whether a createRun call of somebody else may be under way at this moment.
    ///
    /// A holder that crashed or lost its channel says nothing of what it had sent. One that put the request back has
    /// seen to it that the delay outlasts whatever had been sent; but where there may be another copy, another holder may
    /// be about to start that.
    var mayBeInFlight: Bool { isRedelivered || twinWaits > 0 }

    /// The most windows a copy waits for another.
    package static let twinWaitLimit = 3

    /// For how many windows the next copy is to wait when it comes, after the one it is put back for.
    ///
    /// A holder that was killed may have put it back as well, for about as long. Were both to wait alike they would meet;
    /// so each delivery waits longer than the one before, as far as the broker counts them.
    package var nextTwinWaits: Int {
        isRedelivered ? min(max(deliveries, 1), Self.twinWaitLimit) : max(twinWaits - 1, 0)
    }
}
