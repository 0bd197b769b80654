internal import AzureIdentity

/// What a run may be told besides its parameters. The default is an ordinary new run.
public struct RunOptions: Sendable, Hashable {
    /// A former run whose parameters are used instead of those given.
    public var referencePipelineRunID: String?

    /// Whether this run recovers the former one and joins its group of runs.
    public var isRecovery: Bool

    /// In a recovery, the activity to begin with; all activities run where there is none.
    public var startActivityName: String?

    /// In a recovery without ``startActivityName``, whether to begin with what failed.
    public var startFromFailure: Bool

    /// Makes options.
    public init(
        referencePipelineRunID: String? = nil,
        isRecovery: Bool = false,
        startActivityName: String? = nil,
        startFromFailure: Bool = false
    ) {
        self.referencePipelineRunID = referencePipelineRunID
        self.isRecovery = isRecovery
        self.startActivityName = startActivityName
        self.startFromFailure = startFromFailure
    }

    /// The options as the rest of a query, each with its leading `&`. False is the service's default and stays unsaid.
    var query: String {
        var query = ""
        if let referencePipelineRunID {
            query += "&referencePipelineRunId=\(PercentEncoding.encode(referencePipelineRunID))"
        }
        if isRecovery { query += "&isRecovery=true" }
        if let startActivityName { query += "&startActivityName=\(PercentEncoding.encode(startActivityName))" }
        if startFromFailure { query += "&startFromFailure=true" }
        return query
    }
}
