/// One page of a query's answer.
public struct RunPage: Sendable, Hashable {
    /// The runs, at most 100.
    public let runs: [PipelineRun]

    /// What to ask the next page with; nil on the last one.
    public let continuationToken: String?

    /// How many further entries of the page could not be read as a run. They are told because they may be just the runs
    /// that were looked for.
    public let unreadableCount: Int

    /// What ARM would take from this principal and subscription right now.
    public let rateLimit: RateLimit

    /// Makes a value; for tests of callers.
    public init(
        runs: [PipelineRun],
        continuationToken: String? = nil,
        unreadableCount: Int = 0,
        rateLimit: RateLimit = RateLimit()
    ) {
        self.runs = runs
        self.continuationToken = continuationToken
        self.unreadableCount = unreadableCount
        self.rateLimit = rateLimit
    }
}
