internal import NIOConcurrencyHelpers

/// A value that can be waited for.
final class WaitableValue<Value: Sendable & Equatable>: Sendable {
    private struct Waiter {
        let isWanted: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var value: Value
        var nextWaiter = 0
        // <= the tasks that wait
        var waiters: [Int: Waiter] = [:]
    }

    private let state: NIOLockedValueBox<State>

    init(_ value: Value) {
        state = NIOLockedValueBox(State(value: value))
    }

    /// What it is now.
    var value: Value { state.withLockedValue { $0.value } }

    /// Changes it, and wakes those that wait for what it becomes.
    ///
    /// - Returns: Whether it was another before.
    @discardableResult
    func set(_ value: Value) -> Bool {
        let (isNew, woken) = state.withLockedValue { state in
            let isNew = state.value != value
            state.value = value
            let woken = state.waiters.filter { $0.value.isWanted(value) }
            for id in woken.keys { state.waiters[id] = nil }
            return (isNew, woken.values.map(\.continuation))
        }
        for continuation in woken { continuation.resume() }
        return isNew
    }

    /// Returns when the value is as wanted, or the task is cancelled.
    func wait(until isWanted: @escaping @Sendable (Value) -> Bool) async {
        let id = state.withLockedValue { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLockedValue { state in
                    // Asked inside the lock: a cancellation before it is seen here, one after it finds the waiter.
                    if isWanted(state.value) || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(isWanted: isWanted, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
