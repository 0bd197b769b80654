/// The metadata keys of the worker's log lines; units are part of the name.
enum LogKey {
    static let attempts = "adf.attempts"
    static let call = "adf.call"
    static let duration = "request.duration_ms"
    static let errorClass = "error.class"
    static let errorCode = "error.code"
    static let outcome = "request.outcome"
    static let pause = "intake.pause"
    static let pauseDuration = "intake.pause_ms"
    static let postponed = "request.postponed"
    static let publisher = "request.publisher"
    static let reason = "reason"
    static let requestedRunID = "adf.requested_run_id"
    static let requestID = "request.id"
    static let runID = "adf.run_id"
    static let target = "adf.target"
}
