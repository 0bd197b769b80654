/// How many more requests ARM would take right now, as far as an answer said.
///
/// ARM fills one bucket for each principal in a subscription and one, fifteen times as large, for all principals of the
/// subscription together (learn.microsoft.com, "Understand how Azure Resource Manager throttles requests"). Starting
/// and cancelling a run are writes; everything else here is a read. A resource provider may refuse with 429 although
/// much is left: what counts then is ``DataFactoryError/retryAfter``.
public struct RateLimit: Sendable, Hashable {
    /// This principal's writes.
    public var remainingWrites: Int?

    /// This principal's reads.
    public var remainingReads: Int?

    /// All principals' writes.
    public var remainingGlobalWrites: Int?

    /// All principals' reads.
    public var remainingGlobalReads: Int?

    /// Makes a value; for tests of callers.
    public init(
        remainingWrites: Int? = nil,
        remainingReads: Int? = nil,
        remainingGlobalWrites: Int? = nil,
        remainingGlobalReads: Int? = nil
    ) {
        self.remainingWrites = remainingWrites
        self.remainingReads = remainingReads
        self.remainingGlobalWrites = remainingGlobalWrites
        self.remainingGlobalReads = remainingGlobalReads
    }
}
