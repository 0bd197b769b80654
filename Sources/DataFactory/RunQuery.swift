#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Which runs of a factory are wanted.
///
/// The window is about the time of a run's last change, not its start: a run that still goes on keeps moving out of a
/// window in the past. The service keeps runs for 45 days.
public struct RunQuery: Sendable, Hashable {
    /// The beginning of the window. Sent in whole seconds, earlier rather than later.
    public var updatedAfter: Date

    /// The end of the window. Sent in whole seconds, later rather than earlier.
    public var updatedBefore: Date

    /// What else the runs must fulfil, all of it.
    public var filters: [Filter]

    /// The order of the runs, by the first field, then the second; the service's own where it is empty.
    public var order: [Ordering]

    /// Makes a query. Both ends of the window are needed: with one alone the service may answer with nothing.
    public init(updatedAfter: Date, updatedBefore: Date, filters: [Filter] = [], order: [Ordering] = []) {
        self.updatedAfter = updatedAfter
        self.updatedBefore = updatedBefore
        self.filters = filters
        self.order = order
    }
}
