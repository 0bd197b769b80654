import Foundation
import Testing

@testable import TriggerWorker

/// What becomes of requests that always meet the pause others have brought about.
@Suite("Requests for a factory out of reach", .timeLimit(.minutes(5)))
struct TargetPauseTests {
    private static let failure = StartFailure(.target, code: "AuthorizationFailed", message: "no role")

    private static var paused: ServiceHealth {
        let health = ServiceHealth()
        health.failed(failure, of: .sample())
        return health
    }

    private static func history(pausedFor seconds: Double, isInDoubt: Bool = false) -> RequestHistory {
        var history = RequestHistory()
        history.wasPostponed = true
        history.isInDoubt = isInDoubt
        history.pausedSince = Date(timeIntervalSinceNow: -seconds)
        return history
    }

    @Test("one that meets the pause is put back without a call, and its day begins")
    func begins() async throws {
        let outcome = try await Trial(ScriptedStarter(), health: Self.paused).run()

        #expect(outcome.events == [.postponed("order-1", .target), .acknowledged("order-1")])
        #expect(outcome.postponement?.history.pausedSince != nil)
        #expect(outcome.postponement?.history.lastFailure == Self.failure)
    }

    @Test("the day ends for it too, with what the factory has answered others")
    func ends() async throws {
        let starter = ScriptedStarter()

        let almost = try await Trial(starter, .sample(history: Self.history(pausedFor: 86_000)), health: Self.paused)
            .run()
        let last = try await Trial(starter, .sample(history: Self.history(pausedFor: 86_401)), health: Self.paused)
            .run()

        #expect(almost.finished.outcome == .deferred)
        #expect(last.finished.error?.errorClass == .rejected)
        #expect(last.finished.error?.code == "AuthorizationFailed")
        #expect(last.finished.error?.runID == nil)
    }

    @Test("where a run may have been started, the end of the day is an unknown outcome, which names the run")
    func endsInDoubt() async throws {
        let message = RequestMessage.sample(history: Self.history(pausedFor: 86_401, isInDoubt: true))

        let paused = try await Trial(ScriptedStarter(), message, health: Self.paused).run()
        let asked = try await Trial(ScriptedStarter(lookUps: [.failure(Self.failure)]), message).run()

        for outcome in [paused, asked] {
            #expect(outcome.finished.error?.errorClass == .outcomeUnknown)
            #expect(outcome.finished.error?.runID == "bb3dc96d-50c8-5244-94e1-41859c317abf")
        }
    }

    @Test("what is refused anyway does not wait for the pause to end, unless a run may have been started")
    func judged() async throws {
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#
        let health = Self.paused
        let distrusting = ServiceHealth()
        distrusting.distrust(.sample())

        let expired = try await Trial(ScriptedStarter(), .sample(body), health: health).run()
        let alone = try await Trial(ScriptedStarter(), .sample(body), health: distrusting).run()
        let inDoubt = try await Trial(
            ScriptedStarter(),
            .sample(body, history: Self.history(pausedFor: 10, isInDoubt: true)),
            health: health
        ).run()

        #expect(expired.finished.error?.errorClass == .expired)
        #expect(alone.finished.error?.errorClass == .expired)
        #expect(inDoubt.finished.outcome == .deferred)
    }

    @Test("a factory that is left alone for good is no reason to refuse a request, however long it waits")
    func distrusted() async throws {
        let health = ServiceHealth()
        health.distrust(.sample())

        let outcome = try await Trial(
            ScriptedStarter(),
            .sample(history: Self.history(pausedFor: 1_000_000)),
            health: health
        ).run()

        #expect(outcome.events.first == .postponed("order-1", .target))
    }
}
