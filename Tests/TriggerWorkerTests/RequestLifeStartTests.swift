import Foundation
import Testing

@testable import TriggerWorker

@Suite("How a run is started", .timeLimit(.minutes(1)))
struct RequestLifeStartTests {
    private static let runID = "bb3dc96d-50c8-5244-94e1-41859c317abf"

    /// Runs one request against a script.
    private static func outcome(
        of starter: ScriptedStarter,
        _ message: RequestMessage = .sample(),
        holdTime: Duration = .seconds(60),
        budget: WriteBudget = WriteBudget(perSecond: 0, burst: 1)
    ) async throws -> FinishedRequest {
        let log = EventLog()
        let life = RequestLife.sample(
            holdTime: holdTime,
            budget: budget,
            starter: starter,
            replies: RecordingSender(log)
        )
        return try await life.run(RecordingDelivery(message: message, log: log))
    }

    // MARK: - What Azure is asked

    @Test("Azure is asked for the target, with the parameters and options as they came, under the request's run id")
    func asked() async throws {
        let starter = ScriptedStarter(ScriptedStarter.starts)
        let body = #"{"target":"nightly","parameters": {"n": 1e400 },"options":{"isRecovery":true}}"#

        let finished = try await Self.outcome(of: starter, .sample(body))

        let call = try #require(starter.calls.first)
        #expect(starter.calls.count == 1)
        #expect(call.target == .sample())
        #expect(String(decoding: call.parameters, as: UTF8.self) == #"{"n": 1e400 }"#)
        #expect(call.options.isRecovery == true)
        #expect(call.runID == Self.runID)
        #expect(finished.runID == Self.runID)
        #expect(finished.attempts == 1)
    }

    @Test("the answer carries the run id that Azure gave")
    func otherRunID() async throws {
        let finished = try await Self.outcome(of: ScriptedStarter({ _ in .success("another") }))

        #expect(finished.runID == "another")
    }

    // MARK: - Trying again

    @Test("after an unknown outcome the same run id is asked for again")
    func ambiguousThenStarted() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.ambiguous), ScriptedStarter.starts)

        let finished = try await Self.outcome(of: starter)

        #expect(starter.calls.map(\.runID) == [Self.runID, Self.runID])
        #expect(finished.outcome == .started)
        #expect(finished.attempts == 2)
    }

    @Test(
        "a failure without a Retry-After is tried again, too",
        arguments: [.notStarted, .ambiguous] as [StartFailure.Meaning]
    )
    func ownBackoff(meaning: StartFailure.Meaning) async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(meaning, retryAfter: nil), ScriptedStarter.starts)

        #expect(try await Self.outcome(of: starter).outcome == .started)
    }

    @Test("an outcome unknown to the end of the hold time is told as such, with the run id")
    func ambiguousToTheEnd() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.ambiguous))

        let finished = try await Self.outcome(of: starter, holdTime: .milliseconds(100))

        #expect(finished.error?.errorClass == .outcomeUnknown)
        #expect(finished.error?.runID == Self.runID)
        #expect(finished.attempts == starter.calls.count)
        #expect(finished.attempts > 0)
    }

    @Test("what was not started to the end of the hold time is unavailable, without a run id")
    func notStartedToTheEnd() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted, code: "Busy"))

        let finished = try await Self.outcome(of: starter, holdTime: .milliseconds(100))

        #expect(finished.error?.errorClass == .unavailable)
        #expect(finished.error?.code == "Busy")
        #expect(finished.error?.runID == nil)
        #expect(finished.runID == nil)
        #expect(finished.attempts == starter.calls.count)
    }

    @Test("one unknown outcome among failures leaves the outcome unknown")
    func ambiguousAmongOthers() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.ambiguous),
            ScriptedStarter.fails(.notStarted, retryAfter: .seconds(3600))
        )

        let finished = try await Self.outcome(of: starter)

        #expect(finished.error?.errorClass == .outcomeUnknown)
        #expect(finished.error?.runID == Self.runID)
        #expect(finished.attempts == 2)
    }

    @Test("a Retry-After of nothing does not make it ask without a pause")
    func zeroRetryAfter() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted, retryAfter: .zero))

        let finished = try await Self.outcome(of: starter, holdTime: .milliseconds(300))

        // Its own waits are at least 50, 100 and 200 ms.
        #expect((1...3).contains(finished.attempts))
    }

    // MARK: - Refusals by Azure

    @Test("a refusal ends it at once")
    func refused() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused, code: "NotFound"))

        let finished = try await Self.outcome(of: starter)

        #expect(finished.error?.errorClass == .rejected)
        #expect(finished.error?.code == "NotFound")
        #expect(finished.error?.httpStatus == 418)
        #expect(finished.error?.azureRequestID == "azure-1")
        #expect(finished.attempts == 1)
    }

    @Test("a refusal after failures that started nothing is a refusal")
    func refusedAfterNotStarted() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.notStarted), ScriptedStarter.fails(.refused))

        let finished = try await Self.outcome(of: starter)

        #expect(finished.error?.errorClass == .rejected)
        #expect(finished.attempts == 2)
    }

    @Test("a refusal after an unknown outcome leaves the outcome unknown: the first attempt may have started the run")
    func refusedAfterAmbiguous() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.ambiguous), ScriptedStarter.fails(.refused))

        let finished = try await Self.outcome(of: starter)

        #expect(finished.error?.errorClass == .outcomeUnknown)
        #expect(finished.error?.runID == Self.runID)
        #expect(finished.attempts == 2)
    }

    // MARK: - Waiting

    @Test("a Retry-After beyond the hold time fails without being waited for, and stops the subscription for others")
    func longRetryAfter() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.notStarted, code: "Throttled", retryAfter: .seconds(3600)),
            afterwards: ScriptedStarter.starts
        )
        let budget = WriteBudget(perSecond: 0, burst: 1)

        let first = try await Self.outcome(of: starter, budget: budget)
        let second = try await Self.outcome(of: starter, holdTime: .milliseconds(100), budget: budget)

        #expect(second.error?.code == "Throttled")
        #expect(first.error?.errorClass == .unavailable)
        #expect(first.error?.code == "Throttled")
        #expect(first.attempts == 1)
        #expect(second.error?.errorClass == .unavailable)
        #expect(second.attempts == 0)
        #expect(starter.calls.count == 1)
    }

    @Test("a request that gets no turn within the hold time is unavailable, and Azure is not asked")
    func noTurn() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.starts)
        let budget = WriteBudget(perSecond: 0.001, burst: 1)

        let first = try await Self.outcome(of: starter, budget: budget)
        let second = try await Self.outcome(of: starter, holdTime: .milliseconds(100), budget: budget)

        #expect(first.outcome == .started)
        #expect(second.error?.errorClass == .unavailable)
        #expect(second.error?.code == "WriteBudgetExhausted")
        #expect(second.attempts == 0)
        #expect(starter.calls.count == 1)
    }

    // MARK: - Deadlines

    private static func message(deadlineIn seconds: Double) -> RequestMessage {
        let deadline = Date(timeIntervalSinceNow: seconds).ISO8601Format(.init(includingFractionalSeconds: true))
        return .sample(#"{"target":"nightly","deadline":"\#(deadline)"}"#)
    }

    @Test("a request that was not started by its deadline is expired, however long it might still be held")
    func deadlineWhileTrying() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted))

        let finished = try await Self.outcome(
            of: starter,
            Self.message(deadlineIn: 0.3),
            holdTime: .seconds(10)
        )

        #expect(finished.error?.errorClass == .expired)
        #expect(finished.error?.runID == nil)
        #expect(finished.attempts == starter.calls.count)
    }

    @Test("a request whose turn would come after its deadline is expired, and Azure is not asked")
    func deadlineBeforeTurn() async throws {
        let starter = ScriptedStarter()
        let budget = WriteBudget(perSecond: 0, burst: 1)
        budget.pause(sampleSubscription, for: .seconds(50))

        let finished = try await Self.outcome(
            of: starter,
            Self.message(deadlineIn: 5),
            holdTime: .seconds(1000),
            budget: budget
        )

        #expect(finished.error?.errorClass == .expired)
        #expect(finished.attempts == 0)
    }

    @Test("an unknown outcome stays unknown when the deadline passes")
    func deadlineWhileUnknown() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.ambiguous))

        let finished = try await Self.outcome(of: starter, Self.message(deadlineIn: 2), holdTime: .seconds(10))

        #expect(finished.error?.errorClass == .outcomeUnknown)
        #expect(finished.error?.runID == Self.runID)
    }

    @Test("a refusal before the deadline is a refusal")
    func refusedBeforeDeadline() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused))

        let finished = try await Self.outcome(of: starter, Self.message(deadlineIn: 50), holdTime: .seconds(100))

        #expect(finished.error?.errorClass == .rejected)
    }

    @Test("a hold time that ends before the deadline is no expiry")
    func holdTimeBeforeDeadline() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted))

        let finished = try await Self.outcome(
            of: starter,
            Self.message(deadlineIn: 1000),
            holdTime: .milliseconds(50)
        )

        #expect(finished.error?.errorClass == .unavailable)
    }
}
