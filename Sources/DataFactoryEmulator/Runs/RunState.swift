/// Where a run stands at one moment.
struct RunState: Sendable, Equatable {
    enum Status: String, Sendable {
        case queued = "Queued"
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case canceling = "Canceling"
        case cancelled = "Cancelled"
    }

    var status: Status
    var lastUpdated: Timestamp
    /// nil while the run goes on.
    var end: Timestamp?
    var message = ""
}
