#if CrashPoints
    internal import Foundation
    internal import NIOConcurrencyHelpers

    /// Which step the worker is to die at; in a build for tests alone.
    ///
    /// `ADF_TRIGGER_CRASH_AT=7` kills the process, as kill -9 does, when a request first comes to step 7, and
    /// `ADF_TRIGGER_CRASH_AT=7:3` at the third time.
    final class CrashPlan: Sendable {
        static let shared = CrashPlan(ProcessInfo.processInfo.environment["ADF_TRIGGER_CRASH_AT"])

        private let point: CrashPoint?
        private let left: NIOLockedValueBox<Int>

        init(_ text: String?) {
            let parts = (text ?? "").split(separator: ":").compactMap { Int($0) }
            point = parts.first.flatMap { CrashPoint(rawValue: $0) }
            left = NIOLockedValueBox(parts.count > 1 ? parts[1] : 1)
        }

        func reach(_ reached: CrashPoint) {
            guard reached == point else { return }
            let isDue = left.withLockedValue { left in
                left -= 1
                return left == 0
            }
            if isDue { kill(getpid(), SIGKILL) }
        }
    }
#endif
