/// What Data Factory says about a run. Everything but the id may be missing.
public struct PipelineRun: Sendable, Hashable {
    /// The run's id.
    public let runID: String

    /// Where it stands.
    public let status: Status?

    /// The pipeline it runs.
    public let pipelineName: String?

    /// Its parameters in text form, all or some of them: arrays and objects come as JSON text, secure strings masked.
    public let parameters: [String: String]

    /// When it began: RFC 3339 with up to seven digits of a second, as the service wrote it.
    public let runStart: String?

    /// When it ended, as the service wrote it; nil while it runs.
    public let runEnd: String?

    /// When it last changed, as the service wrote it.
    public let lastUpdated: String?

    /// Why it failed; nil where the service says nothing.
    public let message: String?

    /// How long it took, in whole milliseconds; nil while it runs.
    public let duration: Duration?

    /// The group it shares with its recoveries: the id of the first of them, its own if there are no others.
    public let runGroupID: String?

    /// Whether it is the latest of its group.
    public let isLatest: Bool?

    /// Who started it.
    public let invokedBy: Invoker?

    /// The dimensions its author gave the pipeline, in text form.
    public let runDimensions: [String: String]

    /// The pipeline's annotations.
    public let annotations: [String]

    /// Makes a value; for tests of callers.
    public init(
        runID: String,
        status: Status? = nil,
        pipelineName: String? = nil,
        parameters: [String: String] = [:],
        runStart: String? = nil,
        runEnd: String? = nil,
        lastUpdated: String? = nil,
        message: String? = nil,
        duration: Duration? = nil,
        runGroupID: String? = nil,
        isLatest: Bool? = nil,
        invokedBy: Invoker? = nil,
        runDimensions: [String: String] = [:],
        annotations: [String] = []
    ) {
        self.runID = runID
        self.status = status
        self.pipelineName = pipelineName
        self.parameters = parameters
        self.runStart = runStart
        self.runEnd = runEnd
        self.lastUpdated = lastUpdated
        self.message = message
        self.duration = duration
        self.runGroupID = runGroupID
        self.isLatest = isLatest
        self.invokedBy = invokedBy
        self.runDimensions = runDimensions
        self.annotations = annotations
    }
}
