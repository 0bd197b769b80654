/// The headers in which a request's history travels.
package enum RequestHeader {
    package static let attempts = "attempts"
    package static let budgetWaits = "budget-waits"
    package static let calledUntil = "called-until"
    package static let deliveries = "deliveries"
    package static let generation = "generation"
    package static let inDoubt = "in-doubt"
    package static let lastErrorCode = "last-error-code"
    package static let lastErrorMessage = "last-error-message"
    package static let pausedSince = "paused-since"
    package static let postponed = "postponed"
    package static let requestID = "request-id"
    package static let steps = "delay-steps"
    package static let twin = "twin"
    package static let verdict = "verdict"

    /// What a request that begins anew must not bring with it; its generation and its made-up name it keeps.
    package static let ofLife = [
        attempts, budgetWaits, calledUntil, deliveries, inDoubt, lastErrorCode, lastErrorMessage, pausedSince,
        postponed, steps, twin, verdict,
    ]
}
