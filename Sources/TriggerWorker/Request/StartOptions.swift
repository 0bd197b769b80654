/// Data Factory's own options of a run, under its own names.
package struct StartOptions: Sendable, Hashable {
    /// A run whose parameters are used again.
    package var referencePipelineRunID: String?
    /// Whether the run belongs to the referenced run's recovery group.
    package var isRecovery: Bool?
    /// In recovery, the activity to begin at.
    package var startActivityName: String?
    /// In recovery, whether to begin at what failed.
    package var startFromFailure: Bool?

    /// No options.
    package init() {}
}
