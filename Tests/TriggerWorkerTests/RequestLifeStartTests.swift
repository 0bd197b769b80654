import Foundation
import Testing

@testable import TriggerWorker

@Suite("How a run is started", .timeLimit(.minutes(5)))
struct RequestLifeStartTests {
    private static let runID = "bb3dc96d-50c8-5244-94e1-41859c317abf"

    // MARK: - What Azure is asked

    @Test("Azure is asked for the target, with the parameters and options as they came, under the request's run id")
    func asked() async throws {
        let starter = ScriptedStarter(ScriptedStarter.starts)
        let body = #"{"target":"nightly","parameters": {"n": 1e400 },"options":{"isRecovery":true}}"#

        let outcome = try await Trial(starter, .sample(body)).run()

        let call = try #require(starter.calls.first)
        #expect(starter.calls.count == 1)
        #expect(call.target == .sample())
        #expect(String(decoding: call.parameters, as: UTF8.self) == #"{"n": 1e400 }"#)
        #expect(call.options.isRecovery == true)
        #expect(call.runID == Self.runID)
        #expect(outcome.finished.runID == Self.runID)
        #expect(outcome.finished.attempts == 1)
    }

    @Test("the answer carries the run id that Azure gave")
    func otherRunID() async throws {
        let outcome = try await Trial(ScriptedStarter({ _ in .success("another") })).run()

        #expect(outcome.finished.runID == "another")
    }

    @Test("a request that is no more ours when its turn comes is not started")
    func fenced() async throws {
        let starter = ScriptedStarter()
        let log = EventLog()
        let life = RequestLife.sample(starter: starter, replies: RecordingSender(log))
        let delivery = RecordingDelivery(message: .sample(), log: log, holdFailure: RequestLeft("gone"))

        await #expect(throws: RequestLeft.self) { try await life.run(delivery) }

        #expect(starter.calls.isEmpty)
        #expect(log.events.isEmpty)
    }

    // MARK: - Trying again

    @Test("a failure that started nothing is tried again", arguments: [nil, .milliseconds(1)] as [Duration?])
    func notStartedThenStarted(retryAfter: Duration?) async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.notStarted, retryAfter: retryAfter),
            ScriptedStarter.starts
        )

        let outcome = try await Trial(starter).run()

        #expect(starter.calls.map(\.runID) == [Self.runID, Self.runID])
        #expect(outcome.finished.outcome == .started)
        #expect(outcome.finished.attempts == 2)
    }

    @Test("a Retry-After of nothing does not make it ask without a pause")
    func zeroRetryAfter() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted, retryAfter: .zero))

        let outcome = try await Trial(starter, holdTime: .milliseconds(300)).run()

        // Its own waits are at least 50, 100 and 200 ms.
        #expect((1...3).contains(outcome.finished.attempts))
    }

    @Test("what keeps failing is put back, and not answered")
    func postponed() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted, code: "Busy"))

        let outcome = try await Trial(starter, holdTime: .milliseconds(100)).run()

        #expect(outcome.events == [.postponed("order-1", .unavailable), .acknowledged("order-1")])
        #expect(outcome.finished.outcome == .deferred)
        #expect(outcome.finished.attempts == starter.calls.count)
        #expect(outcome.postponement?.history.attempts == starter.calls.count)
        #expect(outcome.postponement?.history.lastFailure?.code == "Busy")
    }

    @Test("what keeps failing while others succeed is answered at the end of the ladder")
    func unavailable() async throws {
        let health = ServiceHealth()
        let starter = ScriptedStarter(
            afterwards: { _ in
                health.succeeded(.sample())
                return .failure(StartFailure(.notStarted, code: "Busy", message: "busy", retryAfter: .milliseconds(1)))
            }
        )
        var history = RequestHistory()
        history.wasPostponed = true
        history.steps = 2

        let outcome = try await Trial(
            starter,
            .sample(history: history),
            holdTime: .milliseconds(100),
            health: health
        ).run()

        #expect(outcome.finished.error?.errorClass == .unavailable)
        #expect(outcome.finished.error?.code == "Busy")
        #expect(outcome.finished.error?.runID == nil)
    }

    // MARK: - Unknown outcomes

    @Test("after an unknown outcome the run is looked for, and adopted where it is found")
    func ambiguousThenFound() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.ambiguous),
            lookUps: [.success(ExistingRun(runID: Self.runID))]
        )

        let outcome = try await Trial(starter).run()

        #expect(starter.calls.count == 1)
        #expect(starter.lookedUp == [Self.runID])
        #expect(outcome.finished.outcome == .adopted)
        #expect(outcome.finished.runID == Self.runID)
        #expect(outcome.finished.attempts == 1)
    }

    @Test("after an unknown outcome createRun is not called again in the same hands")
    func ambiguousThenAbsent() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.ambiguous))

        let outcome = try await Trial(starter).run()

        #expect(starter.calls.count == 1)
        #expect(outcome.events == [.postponed("order-1", .inFlight), .acknowledged("order-1")])
        #expect(outcome.postponement?.delay == .seconds(75))
    }

    @Test("where nobody can say whether the run exists, the outcome is unknown, and the reply names the run")
    func unknown() async throws {
        var history = RequestHistory()
        history.isRedelivered = true
        let refused = StartFailure(.refused, code: "BadRequest", message: "no")
        let starter = ScriptedStarter(lookUps: [.failure(refused)])

        let outcome = try await Trial(starter, .sample(history: history)).run()

        #expect(outcome.finished.error?.errorClass == .outcomeUnknown)
        #expect(outcome.finished.error?.runID == Self.runID)
    }

    // MARK: - Refusals by Azure

    @Test("a refusal ends it at once")
    func refused() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused, code: "NotFound"))

        let outcome = try await Trial(starter).run()

        #expect(outcome.finished.error?.errorClass == .rejected)
        #expect(outcome.finished.error?.code == "NotFound")
        #expect(outcome.finished.error?.httpStatus == 418)
        #expect(outcome.finished.error?.azureRequestID == "azure-1")
        #expect(outcome.finished.attempts == 1)
    }

    @Test("a refusal after failures that started nothing is a refusal")
    func refusedAfterNotStarted() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.notStarted), ScriptedStarter.fails(.refused))

        let outcome = try await Trial(starter).run()

        #expect(outcome.finished.error?.errorClass == .rejected)
        #expect(outcome.finished.attempts == 2)
    }

    @Test("a run that another copy has started while this one failed is the last word")
    func lateRun() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.refused),
            lookUps: [.success(ExistingRun(runID: Self.runID))]
        )

        let outcome = try await Trial(starter).run()

        #expect(
            outcome.events == [
                .parked("order-1", .rejected), .replied("order-1", .failed), .replied("order-1", .adopted),
                .acknowledged("order-1"),
            ]
        )
    }

    @Test("a run that can't be this request's is no late run, and the refusal stands")
    func lateRunOfAnother() async throws {
        let other = ExistingRun(runID: Self.runID, parameters: ["batch": "1"])
        let old = ExistingRun(runID: Self.runID, startedAt: Date(timeIntervalSinceNow: -100_000))
        for run in [other, old] {
            let starter = ScriptedStarter(ScriptedStarter.fails(.refused), lookUps: [.success(run)])

            let outcome = try await Trial(starter, .sample(#"{"target":"nightly","parameters":{"batch":2}}"#)).run()

            #expect(outcome.replies.map(\.outcome) == [.failed])
        }
    }

    // MARK: - Waiting

    @Test("a Retry-After beyond the hold time is waited for elsewhere, and stops the subscription for others")
    func longRetryAfter() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.throttled, code: "Throttled", retryAfter: .seconds(300)),
            afterwards: ScriptedStarter.starts
        )
        let budget = WriteBudget(perSecond: 0, burst: 1)

        let first = try await Trial(starter, budget: budget).run()
        let second = try await Trial(starter, holdTime: .milliseconds(100), budget: budget).run()

        #expect(first.events.first == .postponed("order-1", .throttled))
        #expect(first.postponement?.delay == .seconds(300))
        #expect(second.events.first == .postponed("order-1", .throttled))
        #expect(starter.calls.count == 1)
    }

    @Test("a request that gets no turn within the hold time is put back, and Azure is not asked")
    func noTurn() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.starts)
        let budget = WriteBudget(perSecond: 0.001, burst: 1)

        let first = try await Trial(starter, budget: budget).run()
        let second = try await Trial(starter, holdTime: .milliseconds(100), budget: budget).run()

        #expect(first.finished.outcome == .started)
        #expect(second.events.first == .postponed("order-1", .budget))
        #expect(second.postponement?.history.budgetWaits == 1)
        #expect(starter.calls.count == 1)
    }

    // MARK: - Deadlines

    private static func message(deadlineIn seconds: Double) -> RequestMessage {
        let deadline = Date(timeIntervalSinceNow: seconds).ISO8601Format(.init(includingFractionalSeconds: true))
        return .sample(#"{"target":"nightly","deadline":"\#(deadline)"}"#)
    }

    @Test("a request that was not started by its deadline is expired, however long it might still be held")
    func deadlineWhileTrying() async throws {
        // Each attempt outlives the deadline.
        let starter = ScriptedStarter(afterwards: { _ in
            await Signal.wait(until: Date(timeIntervalSinceNow: 0.3))
            return .failure(StartFailure(.notStarted, code: "Busy", message: "busy"))
        })

        let outcome = try await Trial(starter, Self.message(deadlineIn: 0.2), holdTime: .seconds(10)).run()

        #expect(outcome.finished.error?.errorClass == .expired)
        #expect(outcome.finished.error?.runID == nil)
        #expect(outcome.finished.attempts == starter.calls.count)
    }

    @Test("an unknown outcome is never called an expiry")
    func deadlineWhileUnknown() async throws {
        let starter = ScriptedStarter(afterwards: { _ in
            await Signal.wait(until: Date(timeIntervalSinceNow: 3.1))
            return .failure(StartFailure(.ambiguous, code: "Busy", message: "busy"))
        })

        let outcome = try await Trial(starter, Self.message(deadlineIn: 3), holdTime: .seconds(60)).run()

        #expect(outcome.events.first == .postponed("order-1", .inFlight))
    }

    @Test("a refusal before the deadline is a refusal")
    func refusedBeforeDeadline() async throws {
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused))

        let outcome = try await Trial(starter, Self.message(deadlineIn: 50), holdTime: .seconds(100)).run()

        #expect(outcome.finished.error?.errorClass == .rejected)
    }

    @Test("a hold time that ends before the deadline is no expiry")
    func holdTimeBeforeDeadline() async throws {
        let starter = ScriptedStarter(afterwards: ScriptedStarter.fails(.notStarted))

        let outcome = try await Trial(
            starter,
            Self.message(deadlineIn: 1000),
            holdTime: .milliseconds(50)
        ).run()

        #expect(outcome.finished.outcome == .deferred)
    }
}
