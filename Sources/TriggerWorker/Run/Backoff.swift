/// How long to wait before trying again: doubling from `first` to `longest`, with full jitter.
///
/// Full jitter, because replicas that failed together would otherwise come back together.
package struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var failures = 0

    /// Starts at `first`, and never waits longer than `longest`.
    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The next wait: random, between a tenth of the step and the step.
    package mutating func next() -> Duration {
        let step = min(longest, first * (1 << min(failures, 20)))
        failures += 1
        return step * Double.random(in: 0.1...1)
    }

    /// Begins anew, after a success.
    package mutating func reset() {
        failures = 0
    }
}
