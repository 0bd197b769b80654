internal import DataFactory
internal import NIOConcurrencyHelpers
internal import TriggerWorker

/// The pipelines whose names have been checked, for most requests name one of a few.
final class CheckedPipelines: Sendable {
    /// Publishers may choose the names; what is forgotten is checked again.
    private static let limit = 1000

    // <= limit. Each target is kept, or another could come to be taken for it.
    private let known = NIOLockedValueBox<[ObjectIdentifier: (Target, PipelineReference)]>([:])

    /// - Throws: `ResourceNameError` for the first name that Azure does not allow.
    func reference(to target: Target) throws(ResourceNameError) -> PipelineReference {
        if let reference = known.withLockedValue({ $0[target.instance]?.1 }) { return reference }
        let reference = try PipelineReference(target)
        known.withLockedValue { known in
            if known.count >= Self.limit { known.removeAll() }
            known[target.instance] = (target, reference)
        }
        return reference
    }
}
