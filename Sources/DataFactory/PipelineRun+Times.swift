#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension PipelineRun {
    /// When it began; nil where the service does not say or its text is no RFC 3339 time.
    public var startDate: Date? { runStart.flatMap(ServiceTime.parse) }

    /// When it ended; nil while it runs.
    public var endDate: Date? { runEnd.flatMap(ServiceTime.parse) }

    /// When it last changed.
    public var lastUpdatedDate: Date? { lastUpdated.flatMap(ServiceTime.parse) }
}
