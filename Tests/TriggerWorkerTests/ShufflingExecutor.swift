import Dispatch
import NIOConcurrencyHelpers
import TestSupport

/// Runs jobs one at a time, in any order: none is promised, and what depends on one waits for ever some day.
final class ShufflingExecutor: SerialExecutor, TaskExecutor {
    private let queue = DispatchQueue(label: "shuffling")
    private let state: NIOLockedValueBox<(jobs: [UnownedJob], random: SeededGenerator)>

    /// - Parameter seed: The same one gives the same choices; what there is to choose from still varies.
    init(seed: UInt64) {
        state = NIOLockedValueBox(([], SeededGenerator(seed: seed)))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLockedValue { $0.jobs.append(job) }
        // Once more round, so that others come meanwhile.
        queue.async { self.queue.async { self.runOne() } }
    }

    private func runOne() {
        let job = state.withLockedValue { state in
            state.jobs.remove(at: Int.random(in: state.jobs.indices, using: &state.random))
        }
        job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
}
