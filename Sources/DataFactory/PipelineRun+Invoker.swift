extension PipelineRun {
    /// Who started a run.
    public struct Invoker: Sendable, Hashable {
        /// The service's id of the invocation.
        public let id: String?

        /// `Manual` for a run started by createRun, or the name of a trigger or pipeline.
        public let name: String?

        /// `Manual`, `ScheduleTrigger` and so on.
        public let type: String?

        /// The pipeline that started it, if one did.
        public let pipelineName: String?

        /// The run of that pipeline.
        public let pipelineRunID: String?

        /// Makes a value; for tests of callers.
        public init(
            id: String? = nil,
            name: String? = nil,
            type: String? = nil,
            pipelineName: String? = nil,
            pipelineRunID: String? = nil
        ) {
            self.id = id
            self.name = name
            self.type = type
            self.pipelineName = pipelineName
            self.pipelineRunID = pipelineRunID
        }
    }
}
