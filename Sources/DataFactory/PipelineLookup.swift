/// What ``DataFactoryClient/pipeline(_:ifNoneMatch:)`` found.
public enum PipelineLookup: Sendable, Hashable {
    /// The pipeline as it is now.
    case found(PipelineDefinition)
    /// The pipeline is still the one the caller holds.
    case notModified
    /// The factory is there and has no such pipeline.
    case absent
}
