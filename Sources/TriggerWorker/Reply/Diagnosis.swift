package import FoundationEssentials

/// What an operator needs to know of a parked request; it becomes headers of the error copy.
package struct Diagnosis: Sendable {
    /// Class, code, message, attempts, run id.
    package let error: RequestError
    /// When it failed.
    package let failedAt: Date
    /// The request's identity.
    package let requestID: String
    /// The ARM id of the pipeline, where it was known; bounded, since it may be made of what a hostile body holds.
    package let target: String?
    /// Header `traceparent`, as it came.
    package let traceparent: String?
}
