internal import DataFactory
internal import NIOConcurrencyHelpers
internal import TriggerWorker

/// The pipelines whose names have been checked, for most requests name one of a few.
final class CheckedPipelines: Sendable {
    /// Publishers may choose the names; what is forgotten is checked again.
    private static let limit = 1000

    // <= limit
    private let known = NIOLockedValueBox<[Target: PipelineReference]>([:])

    /// - Throws: `ResourceNameError` for the first name that Azure does not allow.
    func reference(to target: Target) throws(ResourceNameError) -> PipelineReference {
        // Two names may be equal as text and differ in bytes, which are what counts for Azure.
        guard target.isASCII else { return try PipelineReference(target) }
        if let reference = known.withLockedValue({ $0[target] }) { return reference }
        let reference = try PipelineReference(target)
        known.withLockedValue { known in
            if known.count >= Self.limit { known.removeAll() }
            known[target] = reference
        }
        return reference
    }
}

extension Target {
    fileprivate var isASCII: Bool {
        [subscriptionID, resourceGroup, factory, pipeline].allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
    }
}
