import Testing

@testable import TriggerWorker

@Suite("The budget of createRun calls", .timeLimit(.minutes(5)))
struct WriteBudgetTests {
    private static let now = ContinuousClock.now
    private static let never = now + .seconds(1_000_000)

    private static func slots(
        _ count: Int,
        of budget: WriteBudget,
        _ key: String = "s",
        at now: ContinuousClock.Instant
    )
        -> [Duration?]
    {
        (0..<count).map { _ in budget.reserve(key, now, until: never).map { $0 - Self.now } }
    }

    // MARK: - Slots

    @Test("a rested budget gives its burst at once and the rest in steps")
    func burst() {
        let budget = WriteBudget(perSecond: 2, burst: 3)

        #expect(
            Self.slots(5, of: budget, at: Self.now)
                == [.zero, .zero, .zero, .milliseconds(500), .milliseconds(1000)]
        )
    }

    @Test("it fills again while nobody asks, up to the burst and no further")
    func refill() {
        let budget = WriteBudget(perSecond: 2, burst: 3)
        _ = Self.slots(3, of: budget, at: Self.now)

        let afterOneStep = Self.slots(2, of: budget, at: Self.now + .milliseconds(500))
        let afterLong = Self.slots(4, of: budget, at: Self.now + .seconds(100))

        #expect(afterOneStep == [.milliseconds(500), .milliseconds(1000)])
        #expect(
            afterLong
                == [.seconds(100), .seconds(100), .seconds(100), .milliseconds(100_500)]
        )
    }

    @Test("a slot behind the deadline is not given, and not taken from anybody else")
    func deadline() {
        let budget = WriteBudget(perSecond: 1, burst: 1)
        _ = Self.slots(1, of: budget, at: Self.now)

        for _ in 0..<10 {
            #expect(budget.reserve("s", Self.now, until: Self.now + .milliseconds(999)) == nil)
        }

        #expect(budget.reserve("s", Self.now, until: Self.now + .seconds(1)) == Self.now + .seconds(1))
    }

    @Test("subscriptions have a budget each")
    func apart() {
        let budget = WriteBudget(perSecond: 1, burst: 1)

        #expect(Self.slots(2, of: budget, "a", at: Self.now) == [.zero, .seconds(1)])
        #expect(Self.slots(2, of: budget, "b", at: Self.now) == [.zero, .seconds(1)])
    }

    @Test("switched off, it never makes anybody wait")
    func off() {
        let budget = WriteBudget(perSecond: 0, burst: 1)

        #expect(Self.slots(100, of: budget, at: Self.now).allSatisfy { $0 == .zero })
    }

    // MARK: - Retry-After

    @Test("a pause moves every slot of the subscription behind it, in either mode", arguments: [0, 1000] as [Double])
    func pause(perSecond: Double) throws {
        let budget = WriteBudget(perSecond: perSecond, burst: 10)
        budget.pause("S", for: .seconds(100))
        let end = ContinuousClock.now + .seconds(100)

        #expect(budget.reserve("s", .now, until: .now + .seconds(50)) == nil)
        let slot = try #require(budget.reserve("s", .now, until: Self.never))
        #expect(slot > end - .seconds(50))
        #expect(budget.reserve("other", Self.now, until: Self.never) == Self.now)
    }

    @Test("a shorter pause does not end a longer one")
    func shorterPause() {
        let budget = WriteBudget(perSecond: 0, burst: 1)
        budget.pause("s", for: .seconds(500))
        budget.pause("s", for: .seconds(1))

        #expect(budget.reserve("s", .now, until: .now + .seconds(400)) == nil)
    }

    @Test("a pause that has ended stops nobody")
    func endedPause() async throws {
        let budget = WriteBudget(perSecond: 0, burst: 1)
        budget.pause("s", for: .milliseconds(20))

        #expect(try await budget.take(for: "s", until: .now + .seconds(30)) == .granted)
        #expect(try await budget.take(for: "s", until: .now + .seconds(30)) == .granted)
    }

    // MARK: - Taking

    @Test("a subscription is the same in any case")
    func anyCase() async throws {
        let budget = WriteBudget(perSecond: 0.001, burst: 1)

        #expect(try await budget.take(for: "AbC", until: .now + .seconds(1)) == .granted)
        #expect(try await budget.take(for: "aBc", until: .now + .milliseconds(50)) == .tooLate)
        budget.pause("x", for: .seconds(1000))
        #expect(try await budget.take(for: "X", until: .now + .milliseconds(50)) == .throttled)
    }

    @Test("whoever may wait long enough gets a turn")
    func waits() async throws {
        let budget = WriteBudget(perSecond: 50, burst: 1)

        for _ in 0..<5 {
            #expect(try await budget.take(for: "s", until: .now + .seconds(30)) == .granted)
        }
    }

    @Test("a pause that comes while somebody waits for a turn counts for that one, too")
    func pauseWhileWaiting() async throws {
        let budget = WriteBudget(perSecond: 10, burst: 1)
        #expect(try await budget.take(for: "s", until: .now + .seconds(1)) == .granted)

        // The pause falls into the sleep of the second caller, or comes before it asks; either way it must not go.
        async let turn = budget.take(for: "s", until: .now + .seconds(1))
        budget.pause("s", for: .seconds(1000))

        #expect(try await turn == .throttled)
    }

    @Test("a Retry-After of days is believed for ten minutes")
    func longPause() {
        let budget = WriteBudget(perSecond: 0, burst: 1)
        budget.pause("s", for: .seconds(7 * 86_400))

        #expect(budget.reserve("s", .now, until: .now + .seconds(500)) == nil)
        #expect(budget.reserve("s", .now, until: .now + .seconds(700)) != nil)
    }

    @Test("a wait can be cut short")
    func cancelled() async {
        let budget = WriteBudget(perSecond: 0.001, burst: 1)
        _ = budget.reserve("s", .now, until: Self.never)

        let waiting = Task { try await budget.take(for: "s", until: Self.never) }
        waiting.cancel()

        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
