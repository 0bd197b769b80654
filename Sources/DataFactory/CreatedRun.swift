/// A run that Data Factory accepted. Whether it succeeds, it tells later.
public struct CreatedRun: Sendable, Hashable {
    /// The run's id.
    public let runID: String

    /// The answer's `x-ms-request-id`, which Microsoft's support asks for.
    public let azureRequestID: String?

    /// What ARM would take from this principal and subscription right now.
    public let rateLimit: RateLimit

    /// Makes a value; for tests of callers.
    public init(runID: String, azureRequestID: String? = nil, rateLimit: RateLimit = RateLimit()) {
        self.runID = runID
        self.azureRequestID = azureRequestID
        self.rateLimit = rateLimit
    }

    /// How many more writes ARM would take from this principal and subscription right now, if it said so.
    public var remainingWrites: Int? { rateLimit.remainingWrites }
}
