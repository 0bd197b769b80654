/// What Data Factory says about a run. Everything but the id may be missing.
public struct PipelineRun: Sendable, Hashable {
    /// Where a run stands. Unknown words are kept, and do not count as an end.
    public struct Status: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The word on the wire.
        public let rawValue: String

        /// Any word.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Waiting for its turn.
        public static let queued = Status(rawValue: "Queued")
        /// Running.
        public static let inProgress = Status(rawValue: "InProgress")
        /// Ended well.
        public static let succeeded = Status(rawValue: "Succeeded")
        /// Ended badly; ``PipelineRun/message`` says why.
        public static let failed = Status(rawValue: "Failed")
        /// Being cancelled.
        public static let canceling = Status(rawValue: "Canceling")
        /// Cancelled. The service spells this one with two l and `Canceling` with one.
        public static let cancelled = Status(rawValue: "Cancelled")

        /// Whether nothing more will happen.
        public var isTerminal: Bool { self == .succeeded || self == .failed || self == .cancelled }

        /// The word on the wire.
        public var description: String { rawValue }
    }

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

    /// Makes a value; for tests of callers.
    public init(
        runID: String,
        status: Status? = nil,
        pipelineName: String? = nil,
        parameters: [String: String] = [:],
        runStart: String? = nil,
        runEnd: String? = nil,
        lastUpdated: String? = nil,
        message: String? = nil
    ) {
        self.runID = runID
        self.status = status
        self.pipelineName = pipelineName
        self.parameters = parameters
        self.runStart = runStart
        self.runEnd = runEnd
        self.lastUpdated = lastUpdated
        self.message = message
    }
}
