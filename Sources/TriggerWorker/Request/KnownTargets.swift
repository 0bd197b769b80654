internal import NIOConcurrencyHelpers

/// The targets that requests have named lately: most name one of a few, and what is made of its names is made once.
final class KnownTargets: Sendable {
    fileprivate struct State {
        var last: (requested: RequestedTarget, target: Target)?
        // <= limit
        var known: [RequestedTarget: Target] = [:]
    }

    /// Publishers may choose the names; what is forgotten is made again.
    fileprivate static let limit = 1000

    private let state = NIOLockedValueBox(State())

    /// The target that a request names, as `resolve` has it.
    ///
    /// - Throws: what `resolve` throws.
    func target(
        of requested: RequestedTarget,
        _ resolve: (RequestedTarget) throws(RequestError) -> Target
    ) throws(RequestError) -> Target {
        guard requested.isShort else { return try resolve(requested) }
        if let target = state.withLockedValue({ $0.find(requested) }) { return target }
        let target = try resolve(requested)
        state.withLockedValue { $0.add(requested, target) }
        return target
    }
}

extension KnownTargets.State {
    fileprivate mutating func find(_ requested: RequestedTarget) -> Target? {
        if let last, last.requested.hasSameBytes(as: requested) { return last.target }
        // Names may be equal as text and differ in bytes, which are what counts for Azure.
        guard let index = known.index(forKey: requested), known[index].key.hasSameBytes(as: requested) else {
            return nil
        }
        let target = known[index].value
        last = (requested, target)
        return target
    }

    fileprivate mutating func add(_ requested: RequestedTarget, _ target: Target) {
        last = (requested, target)
        if known.count >= KnownTargets.limit { known.removeAll() }
        // The spelling is the key's, which an assignment would leave as it was.
        known[requested] = nil
        known[requested] = target
    }
}
