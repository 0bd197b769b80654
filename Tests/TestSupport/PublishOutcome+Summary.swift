public import RabbitMQ

extension PublishOutcome {
    /// For comparisons: outcomes hold errors and are not equatable.
    public var summary: String {
        switch self {
        case .confirmed: "confirmed"
        case .returned(let reason): "returned \(reason.code)"
        case .nacked: "nacked"
        case .inDoubt(let error): "in doubt: \(error.code)"
        }
    }
}
