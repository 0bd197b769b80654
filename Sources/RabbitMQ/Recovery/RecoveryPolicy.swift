/// How long a supervisor waits before it tries again.
public struct RecoveryPolicy: Sendable, Hashable {
    /// The first pause is random up to this, and each later one up to twice the one before; 0.5 s by default.
    public var firstPause: Duration
    /// No pause is longer; 30 s by default.
    public var longestPause: Duration
    /// The pause after an error that only a change of a setting can mend, such as a wrong password; 30 s by default.
    /// Asking more often helps nobody, and fills logs on both sides.
    public var configurationPause: Duration
    /// What lasted so long has shown that all is well, and pauses begin at the first again; 30 s by default.
    public var stableAfter: Duration

    /// Takes RabbitMQ's usual pauses, unless told otherwise.
    public init(
        firstPause: Duration = .milliseconds(500),
        longestPause: Duration = .seconds(30),
        configurationPause: Duration = .seconds(30),
        stableAfter: Duration = .seconds(30)
    ) {
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.configurationPause = configurationPause
        self.stableAfter = stableAfter
    }
}

/// Counts the tries that failed. Pure: no clock, no I/O.
struct RecoveryBackoff {
    private let policy: RecoveryPolicy
    private var failureCount = 0

    init(_ policy: RecoveryPolicy) {
        self.policy = policy
    }

    /// Notes how long what now ended had lasted.
    mutating func lasted(_ duration: Duration) {
        if duration >= policy.stableAfter { failureCount = 0 }
    }

    /// The pause after one more failure. All of it is random: replicas that were cut off together must not come back
    /// together.
    ///
    /// - Parameter fraction: How much of the longest possible pause it shall be, from 0 to 1.
    mutating func pause(after error: RabbitMQError, fraction: Double = .random(in: 0...1)) -> Duration {
        error.isRetryable ? nextPause(fraction: fraction) : policy.configurationPause
    }

    /// The pause after one more failure of a kind that heals by itself.
    mutating func nextPause(fraction: Double = .random(in: 0...1)) -> Duration {
        // 2^20 times the first is beyond any longest.
        let longest = min(policy.longestPause, policy.firstPause * (1 << min(failureCount, 20)))
        failureCount += 1
        return longest * fraction
    }
}
