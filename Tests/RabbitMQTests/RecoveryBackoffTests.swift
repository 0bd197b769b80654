import Testing

@testable import RabbitMQ

@Suite("How long to wait before trying again")
struct RecoveryBackoffTests {
    private let policy = RecoveryPolicy(
        firstPause: .milliseconds(100),
        longestPause: .seconds(1),
        configurationPause: .seconds(7),
        stableAfter: .seconds(5)
    )
    private let weather = RabbitMQError(.unreachable, "nobody")
    private let configuration = RabbitMQError(.accessRefused, "wrong password")

    private func longest(_ count: Int, _ backoff: inout RecoveryBackoff) -> [Duration] {
        (0..<count).map { _ in backoff.pause(after: weather, fraction: 1) }
    }

    private func isAbout(_ pause: Duration, _ expected: Duration) -> Bool {
        pause > expected * 0.99 && pause <= expected
    }

    @Test("the longest pause doubles up to its limit")
    func doubles() {
        var backoff = RecoveryBackoff(policy)

        let pauses = longest(6, &backoff)

        for (pause, expected) in zip(pauses, [100, 200, 400, 800, 1000, 1000]) {
            #expect(isAbout(pause, .milliseconds(expected)), "\(pause)")
        }
    }

    @Test("a pause may be none at all, so that replicas that were cut off together come back apart")
    func jitter() {
        var backoff = RecoveryBackoff(policy)

        let pause = backoff.pause(after: weather, fraction: 0)
        #expect(pause == .zero)
    }

    @Test("a setting that is wrong is tried again slowly, and costs the weather nothing")
    func configurationIsSlow() {
        var backoff = RecoveryBackoff(policy)

        for _ in 1...5 {
            let pause = backoff.pause(after: configuration)
            #expect(pause == .seconds(7))
        }
        #expect(isAbout(longest(1, &backoff)[0], .milliseconds(100)))
    }

    @Test("what lasted long enough has shown that all is well; what did not, has not")
    func stable() {
        var backoff = RecoveryBackoff(policy)
        _ = longest(3, &backoff)

        backoff.lasted(.seconds(4))
        #expect(isAbout(longest(1, &backoff)[0], .milliseconds(800)))
        backoff.lasted(.seconds(5))
        #expect(isAbout(longest(1, &backoff)[0], .milliseconds(100)))
    }

    @Test("any number of failures makes no pause longer than the longest")
    func many() {
        var backoff = RecoveryBackoff(policy)

        let pauses = longest(10_000, &backoff)
        #expect(pauses.allSatisfy { $0 <= .seconds(1) })
    }
}
