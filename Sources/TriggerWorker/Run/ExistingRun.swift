package import FoundationEssentials

/// A run that Data Factory knows, as far as adopting it needs.
package struct ExistingRun: Sendable, Hashable {
    /// Its id.
    package var runID: String
    /// Its pipeline, where the service says so.
    package var pipeline: String?
    /// Its parameters as the service shows them: text, arrays and objects as JSON text, secrets masked, maybe not all.
    package var parameters: [String: String]
    /// When it began, where the service says so in a form that can be read.
    package var startedAt: Date?

    /// Describes a run.
    package init(
        runID: String,
        pipeline: String? = nil,
        parameters: [String: String] = [:],
        startedAt: Date? = nil
    ) {
        self.runID = runID
        self.pipeline = pipeline
        self.parameters = parameters
        self.startedAt = startedAt
    }
}
