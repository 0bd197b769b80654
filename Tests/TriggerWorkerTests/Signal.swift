import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// Something that happens once, and that any number may wait for.
final class Signal: Sendable {
    private struct State {
        var hasFired = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    func fire() {
        let waiting = state.withLockedValue { state in
            state.hasFired = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasFired = state.withLockedValue { state in
                if !state.hasFired { state.waiting.append(continuation) }
                return state.hasFired
            }
            if hasFired { continuation.resume() }
        }
    }

    /// Returns when the task is cancelled.
    static func waitForCancellation() async {
        let cancelled = Signal()
        await withTaskCancellationHandler {
            await cancelled.wait()
        } onCancel: {
            cancelled.fire()
        }
    }

    /// Returns when that time has come, by the clock that deadlines are told in, or the task is cancelled.
    static func wait(until date: Date) async {
        try? await eventually("\(date) has come", within: .seconds(60)) { Date() >= date }
    }
}
