/// A run that Data Factory accepted. Whether it succeeds, it tells later.
public struct CreatedRun: Sendable, Hashable {
    /// The run's id.
    public let runID: String

    /// The answer's `x-ms-request-id`, which Microsoft's support asks for.
    public let azureRequestID: String?

    /// How many more writes ARM would take from this principal and subscription right now, if it said so.
    public let remainingWrites: Int?

    /// Makes a value; for tests of callers.
    public init(runID: String, azureRequestID: String? = nil, remainingWrites: Int? = nil) {
        self.runID = runID
        self.azureRequestID = azureRequestID
        self.remainingWrites = remainingWrites
    }
}
