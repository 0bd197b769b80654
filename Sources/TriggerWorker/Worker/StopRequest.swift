/// That the worker is to stop: nothing new is begun, and what only waits is put back.
package final class StopRequest: Sendable {
    private let isRequested = WaitableValue(false)

    /// Not asked to stop.
    package init() {}

    /// Whether the worker is to stop.
    package var isSet: Bool { isRequested.value }

    /// Asks to stop. A second call does nothing.
    package func set() { isRequested.set(true) }

    /// Returns when the worker is to stop, or the task is cancelled.
    package func wait() async { await isRequested.wait { $0 } }

    /// Does something that waits, but no longer than until the worker is to stop.
    ///
    /// - Returns: nil if the wait was cut short: by the stop, or because the task was cancelled.
    func untilSet<Result: Sendable>(_ work: @Sendable @escaping () async throws -> Result) async -> Result? {
        if isSet { return nil }
        return await withTaskGroup(of: Result?.self) { group in
            group.addTask { try? await work() }
            group.addTask { [isRequested] in
                await isRequested.wait { $0 }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
