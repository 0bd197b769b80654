internal import NIOConcurrencyHelpers

/// Whether Azure, and our way to it, work: what the failures of single requests say about all of them.
///
/// A fault of the service or of the worker's own credential is never charged to the requests. It pauses the intake, and
/// one of a target pauses that target; what was not begun waits meanwhile.
package final class ServiceHealth: Sendable {
    /// Why the intake is paused; a closed list, used in logs, metrics and the answer about readiness.
    package enum PauseReason: String, Sendable, CaseIterable {
        /// The worker's own credential gets no token, or one that Azure refuses.
        case credential
        /// Azure gives no answer at all.
        case unreachable
    }

    /// A pause of the intake.
    package struct Pause: Sendable, Hashable {
        /// Why.
        package let reason: PauseReason
        /// What went wrong, in words, safe to log.
        package let message: String
        /// The target that was asked for; asking for it again shows whether it is over.
        package let target: Target
    }

    /// How many calls in a row must end without any answer before Azure counts as unreachable: one may be bad luck.
    private static let failuresUntilPause = 3
    /// Subscriptions and factories remembered, each: publishers may choose the names.
    private static let nameLimit = 1000
    /// The first pause of a factory out of reach; it doubles each time, up to the longest.
    private static let firstTargetPause = Duration.seconds(5)
    private static let longestTargetPause = Duration.seconds(120)

    private struct TargetPause {
        var until: ContinuousClock.Instant
        var failures: Int
        var last: StartFailure
    }

    private struct State {
        var unanswered = 0
        var lastSuccess: [String: ContinuousClock.Instant] = [:]
        var pausedFactories: [String: TargetPause] = [:]
        // <= the factories runs are started in.
        var distrusted: Set<String> = []
    }

    private let state = NIOLockedValueBox(State())
    private let intake = WaitableValue<Pause?>(nil)

    /// Everything works until something says otherwise.
    package init() {}

    /// The pause of the intake, if it is paused.
    package var pause: Pause? { intake.value }

    /// How many factories are out of reach at present.
    package var pausedFactoryCount: Int { pausedFactoryCount() }

    /// One that is not asked for again by then has no requests that wait.
    private static let timeUntilForgotten = Duration.seconds(1200)

    func pausedFactoryCount(now: ContinuousClock.Instant = .now) -> Int {
        state.withLockedValue { state in
            state.distrusted.count + state.pausedFactories.values.count { now < $0.until + Self.timeUntilForgotten }
        }
    }

    /// Returns when the intake is paused, or the task is cancelled.
    package func waitUntilPaused() async { await intake.wait { $0 != nil } }

    /// Opens the intake again, after a probe went through.
    package func recovered() {
        state.withLockedValue { $0.unanswered = 0 }
        intake.set(nil)
    }

    /// Azure answered a look-up, be it that there is no such run. It says that Azure is there, and no more: a failing
    /// createRun is a fault of the service as long as nobody's goes well.
    func answered() {
        state.withLockedValue { $0.unanswered = 0 }
    }

    /// Data Factory started a run of this target: its subscription takes calls.
    func succeeded(_ target: Target, now: ContinuousClock.Instant = .now) {
        let subscription = target.subscriptionID.loweringASCII
        state.withLockedValue { state in
            state.unanswered = 0
            if state.lastSuccess.count >= Self.nameLimit { state.lastSuccess.removeAll(keepingCapacity: true) }
            state.lastSuccess[subscription] = now
            if !state.pausedFactories.isEmpty { state.pausedFactories[target.factoryKey] = nil }
        }
    }

    /// Whether a run was started in the target's subscription since then: a failure meanwhile is the request's own.
    func hasSucceeded(_ target: Target, since start: ContinuousClock.Instant) -> Bool {
        state.withLockedValue { $0.lastSuccess[target.subscriptionID.loweringASCII].map { $0 > start } ?? false }
    }

    /// How much longer the target's factory is left alone, and what it answered last; nil where it is not paused.
    func pause(
        of target: Target,
        now: ContinuousClock.Instant = .now
    ) -> (left: Duration, failure: StartFailure)? {
        state.withLockedValue { state in
            guard !state.pausedFactories.isEmpty, let pause = state.pausedFactories[target.factoryKey],
                now < pause.until
            else { return nil }
            return (pause.until - now, pause.last)
        }
    }

    /// Leaves a factory alone for good: it does not recognise runs the way it is configured to, so every repetition
    /// would be another run.
    func distrust(_ target: Target) {
        state.withLockedValue { _ = $0.distrusted.insert(target.factoryKey) }
    }

    /// Whether the target's factory is left alone for good.
    func isDistrusted(_ target: Target) -> Bool {
        state.withLockedValue { !$0.distrusted.isEmpty && $0.distrusted.contains(target.factoryKey) }
    }

    /// Takes note of a failure, which may pause the intake or the target.
    func failed(_ failure: StartFailure, of target: Target, now: ContinuousClock.Instant = .now) {
        switch failure.meaning {
        case .credential:
            intake.set(Pause(reason: .credential, message: "\(failure.code): \(failure.message)", target: target))
        case .target:
            state.withLockedValue { state in
                if state.pausedFactories.count >= Self.nameLimit {
                    state.pausedFactories = state.pausedFactories.filter { now < $0.value.until }
                    // Made-up names must not end the pauses of others.
                    guard state.pausedFactories.count < Self.nameLimit else { return }
                }
                let failures = state.pausedFactories[target.factoryKey]?.failures ?? 0
                let length = min(Self.longestTargetPause, Self.firstTargetPause * (1 << min(failures, 10)))
                state.pausedFactories[target.factoryKey] = TargetPause(
                    until: now + length,
                    failures: failures + 1,
                    last: failure
                )
            }
        default:
            let isOver = state.withLockedValue { state in
                state.unanswered = failure.isUnanswered ? state.unanswered + 1 : 0
                return state.unanswered >= Self.failuresUntilPause
            }
            guard isOver else { return }
            intake.set(Pause(reason: .unreachable, message: "\(failure.code): \(failure.message)", target: target))
        }
    }
}
