import DataFactory
import NIOConcurrencyHelpers
import TestSupport

/// Callers who call again and again, each as soon as its last call has ended.
final class Storm: Sendable {
    enum Outcome: Sendable {
        case started
        case read
    }

    private struct State {
        var isOver = false
        var calls = 0
        var started = 0
        var failures: [DataFactoryError] = []
        /// The round each caller was last served in.
        var served: [Int]
        var round = 0
    }

    private let state: NIOLockedValueBox<State>

    init(callers: Int) {
        state = NIOLockedValueBox(State(served: Array(repeating: -1, count: callers)))
    }

    var calls: Int { state.withLockedValue { $0.calls } }
    /// How many calls started a run.
    var started: Int { state.withLockedValue { $0.started } }
    var failures: [DataFactoryError] { state.withLockedValue { $0.failures } }

    /// Lets the callers loose for as long as `plan` runs.
    ///
    /// - Parameter call: One call, given the caller's number and how many calls it made before.
    func rage(
        _ call: @escaping @Sendable (_ caller: Int, _ number: Int) async throws -> Outcome,
        during plan: @Sendable () async throws -> Void
    ) async throws {
        let callers = state.withLockedValue { $0.served.count }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for caller in 0..<callers {
                tasks.addTask {
                    var number = 0
                    while let round = self.currentRound {
                        let result: Result<Outcome, any Error>
                        do { result = .success(try await call(caller, number)) } catch { result = .failure(error) }
                        try self.record(result, of: caller, in: round)
                        number += 1
                    }
                }
            }
            defer { state.withLockedValue { $0.isOver = true } }
            try await plan()
            state.withLockedValue { $0.isOver = true }
            try await tasks.waitForAll()
        }
    }

    /// Waits until every caller has been served by a call that began after this.
    func everybodyServed(_ how: String) async throws {
        let round = state.withLockedValue { state in
            state.round += 1
            return state.round
        }
        try await eventually("every caller was served \(how)", within: .seconds(120)) {
            state.withLockedValue { state in state.served.allSatisfy { $0 >= round } }
        }
    }

    private var currentRound: Int? {
        state.withLockedValue { $0.isOver ? nil : $0.round }
    }

    private func record(_ result: Result<Outcome, any Error>, of caller: Int, in round: Int) throws {
        switch result {
        case .success(let outcome):
            state.withLockedValue { state in
                state.calls += 1
                if outcome == .started { state.started += 1 }
                state.served[caller] = round
            }
        case .failure(let error as DataFactoryError):
            state.withLockedValue { state in
                state.calls += 1
                state.failures.append(error)
            }
        case .failure(let error):
            throw error
        }
    }
}
