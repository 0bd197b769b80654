/// Why a request is put back for later, and what the next holder must know of it.
package struct Postponement: Sendable, Equatable {
    /// Why; a closed list, used as header, log value and metric label.
    package enum Reason: String, Sendable, CaseIterable {
        /// An earlier createRun call may still be under way; it must be over before the next one.
        case inFlight = "in-flight"
        /// That call is over; whether it started a run, Data Factory's list of runs does not show yet.
        case settling
        /// Another delivery of the same request is in work at this worker.
        case inWork = "in-work"
        /// Azure asked not to be called for longer than the request is held.
        case throttled
        /// This worker's own write budget leaves no turn within the hold time.
        case budget
        /// Azure, or the way to it, kept failing.
        case unavailable
        /// The target is out of reach: no permission, or no such factory.
        case target
        /// This worker's own credential does not work.
        case credential
        /// The worker stops and had not begun with it.
        case stopping
    }

    /// Why.
    package var reason: Reason
    /// How long it must stay away at least; zero sends it straight back to the request queue.
    package var delay: Duration
    /// What travels with the copy.
    package var history: RequestHistory

    /// Describes a postponement.
    package init(_ reason: Reason, delay: Duration, history: RequestHistory) {
        self.reason = reason
        self.delay = delay
        self.history = history
    }
}
