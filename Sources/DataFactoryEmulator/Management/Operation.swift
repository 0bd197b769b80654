/// What a call does, as ARM's budgets and its access control see it.
enum Operation: Sendable {
    case createRun
    case cancelRun
    case getPipeline
    case getRun
    case queryRuns
    case queryActivityRuns

    /// The budget it is charged to.
    var kind: OperationKind {
        switch self {
        case .createRun, .cancelRun: .write
        case .getPipeline, .getRun, .queryRuns, .queryActivityRuns: .read
        }
    }

    /// The permission it needs.
    var action: String {
        let provider = "Microsoft.DataFactory/factories/"
        return switch self {
        case .createRun: provider + "pipelines/createrun/action"
        case .cancelRun: provider + "pipelineruns/cancel/action"
        case .getPipeline: provider + "pipelines/read"
        case .getRun: provider + "pipelineruns/read"
        case .queryRuns: provider + "querypipelineruns/action"
        case .queryActivityRuns: provider + "pipelineruns/queryactivityruns/action"
        }
    }

    /// Whether the last segment of its path is a verb and no part of what it is done to.
    fileprivate var endsInVerb: Bool {
        switch self {
        case .getPipeline, .getRun: false
        case .createRun, .cancelRun, .queryRuns, .queryActivityRuns: true
        }
    }

    /// The resource a call is about.
    func scope(of target: RequestTarget) -> String {
        "/" + target.segments.dropLast(endsInVerb ? 1 : 0).joined(separator: "/")
    }
}
