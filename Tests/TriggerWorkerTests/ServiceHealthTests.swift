import Foundation
import Testing

@testable import TriggerWorker

@Suite("Faults that are not the requests' own", .timeLimit(.minutes(5)))
struct ServiceHealthTests {
    private static func failure(_ meaning: StartFailure.Meaning, isUnanswered: Bool = false) -> StartFailure {
        StartFailure(meaning, code: "Scripted", message: "scripted", isUnanswered: isUnanswered)
    }

    @Test("a fault of our own credential pauses the intake at once")
    func credential() {
        let health = ServiceHealth()

        health.failed(Self.failure(.credential), of: .sample())

        #expect(health.pause?.reason == .credential)
        #expect(health.pause?.target == .sample())
    }

    @Test("no answer at all, three times in a row, pauses the intake")
    func unreachable() {
        let health = ServiceHealth()

        for _ in 0..<2 { health.failed(Self.failure(.notStarted, isUnanswered: true), of: .sample()) }
        #expect(health.pause == nil)
        health.failed(Self.failure(.ambiguous, isUnanswered: true), of: .sample())

        #expect(health.pause?.reason == .unreachable)
    }

    @Test("any answer in between shows that Azure can be reached")
    func answered() {
        let health = ServiceHealth()

        for _ in 0..<10 {
            for _ in 0..<2 { health.failed(Self.failure(.notStarted, isUnanswered: true), of: .sample()) }
            health.failed(Self.failure(.ambiguous), of: .sample())
        }
        for _ in 0..<2 { health.failed(Self.failure(.notStarted, isUnanswered: true), of: .sample()) }
        health.succeeded(.sample())
        health.failed(Self.failure(.notStarted, isUnanswered: true), of: .sample())

        #expect(health.pause == nil)
    }

    @Test("a target out of reach is left alone for longer each time, and others are not")
    func target() {
        let health = ServiceHealth()
        let now = ContinuousClock.now

        health.failed(Self.failure(.target), of: .sample(), now: now)
        #expect(health.pause(of: .sample(pipeline: "another"), now: now)?.left == .seconds(5))
        #expect(health.pause(of: .sample(factory: "adf-other"), now: now)?.left == nil)
        #expect(health.pause(of: .sample(), now: now + .seconds(5))?.left == nil)
        for _ in 0..<20 { health.failed(Self.failure(.target), of: .sample(), now: now) }
        #expect(health.pause(of: .sample(), now: now)?.left == .seconds(120))

        health.succeeded(.sample())
        #expect(health.pause(of: .sample(), now: now)?.left == nil)
        #expect(health.pause == nil)
    }

    @Test("a factory nobody asks for any more is not told of for ever, and made-up names end nobody's pause")
    func forgottenTargets() {
        let health = ServiceHealth()
        let now = ContinuousClock.now

        health.failed(Self.failure(.target), of: .sample(), now: now)
        for number in 0..<2000 {
            health.failed(Self.failure(.target), of: .sample(factory: "made-up-\(number)"), now: now)
        }

        #expect(health.pause(of: .sample(), now: now)?.left == .seconds(5))
        #expect(health.pausedFactoryCount(now: now) == 1000)
        #expect(health.pausedFactoryCount(now: now + .seconds(3600)) == 0)
    }

    @Test("an answer to a look-up shows that Azure is there, and not that runs can be started")
    func lookUpAnswered() async throws {
        let health = ServiceHealth()
        let start = ContinuousClock.now
        let unanswered = Self.failure(.ambiguous, isUnanswered: true)
        for look in [.success(ExistingRun(runID: "run")), .success(nil)] as [ScriptedStarter.LookUp] {
            for _ in 0..<2 { health.failed(unanswered, of: .sample()) }

            _ = try await Trial(
                ScriptedStarter({ _ in .failure(unanswered) }, lookUps: [look]),
                health: health,
                rules: .sample(check: .always)
            ).run()

            #expect(health.pause == nil)
            #expect(!health.hasSucceeded(.sample(), since: start))
        }
    }

    @Test("while the intake is paused nothing is asked, and what comes is put back unjudged")
    func nothingIsAsked() async throws {
        let health = ServiceHealth()
        health.failed(Self.failure(.credential), of: .sample())
        let starter = ScriptedStarter()

        let outcome = try await Trial(starter, health: health).run()

        #expect(outcome.events == [.postponed("order-1", .credential), .acknowledged("order-1")])
        #expect(outcome.postponement?.history.steps == 0)
        #expect(starter.lookedUp.isEmpty)
    }

    @Test("a target is out of reach for a day at most; then that is the answer")
    func targetPauseLimit() async throws {
        let failure = ScriptedStarter.fails(.target, code: "AuthorizationFailed")
        var history = RequestHistory()
        history.wasPostponed = true
        history.pausedSince = Date(timeIntervalSinceNow: -86_401)

        let first = try await Trial(ScriptedStarter(failure)).run()
        let last = try await Trial(ScriptedStarter(failure), .sample(history: history)).run()

        #expect(first.events.first == .postponed("order-1", .target))
        #expect(first.postponement?.history.pausedSince != nil)
        #expect(last.finished.error?.errorClass == .rejected)
        #expect(last.finished.error?.code == "AuthorizationFailed")
    }

    @Test("the probe opens the intake when Azure answers again, whatever it answers")
    func probe() async {
        let health = ServiceHealth()
        health.failed(Self.failure(.credential), of: .sample())
        let starter = ScriptedStarter(
            lookUps: [.failure(Self.failure(.credential)), .failure(Self.failure(.target))]
        )
        let probe = IntakeProbe(
            starter: starter,
            health: health,
            stop: StopRequest(),
            logger: LogRecorder().logger()
        )

        await probe.waitUntilOpen()

        #expect(health.pause == nil)
        #expect(starter.lookedUp.count == 2)
    }

    @Test("a stop ends the wait for Azure")
    func stoppedProbe() async {
        let health = ServiceHealth()
        health.failed(Self.failure(.credential), of: .sample())
        let stop = StopRequest()
        stop.set()

        await IntakeProbe(
            starter: ScriptedStarter(),
            health: health,
            stop: stop,
            logger: LogRecorder().logger()
        ).waitUntilOpen()

        #expect(health.pause != nil)
    }

    @Test("a worker that stops gives back what it has not begun, and cuts waits short")
    func stop() async throws {
        let stop = StopRequest()
        let starter = ScriptedStarter({ _ in
            stop.set()
            return .failure(StartFailure(.notStarted, code: "Busy", message: "busy", retryAfter: .seconds(30)))
        })

        let inWork = try await Trial(starter, stop: stop).run()
        let unbegun = try await Trial(starter, stop: stop).run()

        #expect(inWork.events.first == .postponed("order-1", .stopping))
        #expect(unbegun.events == [.postponed("order-1", .stopping), .acknowledged("order-1")])
        #expect(unbegun.finished.outcome == .returned)
        #expect(starter.calls.count == 1)
    }
}
