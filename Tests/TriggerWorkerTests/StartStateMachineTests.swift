import Foundation
import Testing

@testable import TriggerWorker

@Suite("What is asked of Data Factory next")
struct StartStateMachineTests {
    private static func machine(
        _ check: DuplicateCheck = .redelivered,
        ladder: [Duration] = [.seconds(5), .seconds(30)],
        _ change: (inout RequestHistory) -> Void = { _ in }
    ) -> StartStateMachine {
        var history = RequestHistory()
        change(&history)
        return StartStateMachine(history, rules: .sample(check: check, ladder: ladder))
    }

    private static func failure(
        _ meaning: StartFailure.Meaning,
        retryAfter: Duration? = nil
    ) -> StartFailure {
        StartFailure(meaning, code: "Scripted", message: "scripted", retryAfter: retryAfter)
    }

    // MARK: - The first question

    @Test(
        "a request is looked up first where it may have a run, or always, or never",
        arguments: [
            (.always, false, "lookUp"), (.always, true, "lookUp"), (.redelivered, false, "start"),
            (.redelivered, true, "lookUp"), (.never, false, "start"), (.never, true, "start"),
        ] as [(DuplicateCheck, Bool, String)]
    )
    func first(check: DuplicateCheck, isRedelivered: Bool, expected: String) {
        var machine = Self.machine(check) { $0.isRedelivered = isRedelivered }

        #expect(machine.begin().summary == expected)
    }

    @Test("a copy that was put back, sent home or given up on is looked up, redelivered or not")
    func copies() {
        var postponed = Self.machine { $0.wasPostponed = true }
        var sentHome = Self.machine { $0.generation = 1 }
        var dead = Self.machine(.never) { $0.verdict = .expired }

        #expect(postponed.begin().summary == "lookUp")
        #expect(sentHome.begin().summary == "lookUp")
        #expect(dead.begin().summary == "lookUp")
    }

    // MARK: - What a look-up says

    @Test("a run that is found is adopted")
    func found() {
        var machine = Self.machine { $0.isRedelivered = true }
        _ = machine.begin()

        #expect(machine.found(ExistingRun(runID: "run")).summary == "adopted run")
    }

    @Test("where no call can be under way, a look-up in vain allows the start")
    func absent() {
        var machine = Self.machine { $0.wasPostponed = true }
        _ = machine.begin()

        #expect(machine.foundNothing().summary == "start")
    }

    @Test("while an earlier holder's call may be under way, one look-up in vain neither starts nor refuses it")
    func absentWhileInFlight() {
        for verdict in [nil, .poisoned, .expired] as [ErrorClass?] {
            var machine = Self.machine {
                $0.isRedelivered = true
                $0.verdict = verdict
            }
            _ = machine.begin()

            #expect(machine.foundNothing().summary == "postponed in-flight for 75.0 seconds")
        }
    }

    @Test("a copy that may have a twin is not started on the word of one look-up either")
    func twin() {
        var machine = Self.machine {
            $0.wasPostponed = true
            $0.twinWaits = 1
        }
        _ = machine.begin()

        #expect(machine.foundNothing().summary == "postponed in-flight for 75.0 seconds")
    }

    @Test("where nothing can be asked, a call that may be under way is waited out before the next look as well")
    func unasked() {
        var machine = Self.machine { $0.isRedelivered = true }
        _ = machine.begin()
        _ = machine.lookUpFailed(StartFailure(.notStarted, code: "InternalServerError", message: "no"))

        #expect(machine.outOfTime(othersSucceed: true).summary == "postponed unavailable for 75.0 seconds")
    }

    @Test("where too many runs can't be looked at, what was only put back without a call is started all the same")
    func tooMany() {
        var returned = Self.machine { $0.wasPostponed = true }
        var called = Self.machine {
            $0.wasPostponed = true
            $0.calledUntil = Date()
        }
        _ = returned.begin()
        _ = called.begin()

        #expect(returned.foundTooMany().summary == "start")
        #expect(called.foundTooMany().summary == "failed outcome-unknown")
    }

    @Test("a run that may not be shown yet is waited for, and then its outcome is unknown")
    func unsettled() {
        var machine = Self.machine {
            $0.wasPostponed = true
            $0.calledUntil = Date()
        }
        _ = machine.begin()

        #expect(machine.foundUnsettled(isOverdue: false).summary == "postponed settling for 30.0 seconds")
        #expect(machine.foundUnsettled(isOverdue: true).summary == "failed outcome-unknown")
    }

    @Test("what the broker has given up on is answered so when it is sure that there is no run")
    func doomed() {
        var machine = Self.machine {
            $0.wasPostponed = true
            $0.verdict = .poisoned
        }
        _ = machine.begin()

        #expect(machine.foundNothing().summary == "failed poisoned")
    }

    @Test(
        "a look-up that fails is tried again, or waits for what ails it",
        arguments: [
            (.notStarted, "lookUp again"), (.ambiguous, "lookUp again"), (.throttled, "lookUp again"),
            (.target, "postponed target for 30.0 seconds"), (.credential, "postponed credential for 30.0 seconds"),
            (.refused, "failed rejected"),
        ] as [(StartFailure.Meaning, String)]
    )
    func lookUpFails(meaning: StartFailure.Meaning, expected: String) {
        var machine = Self.machine(.always)
        _ = machine.begin()

        #expect(machine.lookUpFailed(Self.failure(meaning)).summary == expected)
    }

    @Test("where a run may exist and the question itself is refused, the outcome is unknown")
    func lookUpRefused() {
        var machine = Self.machine { $0.isRedelivered = true }
        _ = machine.begin()

        #expect(machine.lookUpFailed(Self.failure(.refused)).summary == "failed outcome-unknown")
    }

    @Test("what was put back unbegun is not in doubt, whether the question is refused or there are too many runs")
    func putBackUnbegun() {
        var refused = Self.machine { $0.wasPostponed = true }
        _ = refused.begin()
        var uncounted = Self.machine { $0.wasPostponed = true }
        _ = uncounted.begin()

        #expect(refused.lookUpFailed(Self.failure(.refused)).summary == "failed rejected")
        #expect(uncounted.foundTooMany().summary == "start")
    }

    @Test("a call in doubt is looked for by every next holder, until one look-up after the window finds nothing")
    func inDoubt() {
        for check in [.always, .redelivered, .never] as [DuplicateCheck] {
            var first = Self.machine(check)
            _ = first.begin()
            _ = first.startFailed(Self.failure(.ambiguous), othersSucceed: false)
            guard case .end(.postponed(let later)) = first.stop() else {
                Issue.record("not postponed")
                continue
            }
            var history = later.history
            history.wasPostponed = true
            var next = StartStateMachine(history, rules: .sample(check: check))

            #expect(next.begin().summary == "lookUp")
            #expect(next.isInDoubt)
            var refused = next
            #expect(refused.lookUpFailed(Self.failure(.refused)).summary == "failed outcome-unknown")
            var uncounted = next
            #expect(uncounted.foundTooMany().summary == "failed outcome-unknown")
            #expect(next.paused(.credential, for: .zero).history.isInDoubt)
            #expect(next.foundNothing().summary == "start")
            #expect(!next.isInDoubt)
            #expect(!next.paused(.credential, for: .zero).history.isInDoubt)
        }
    }

    @Test("since when a target is out of reach is forgotten when createRun is answered otherwise")
    func pausedSince() {
        for (meaning, isForgotten) in [(.target, false), (.credential, false), (.throttled, true), (.notStarted, true)]
            as [(StartFailure.Meaning, Bool)]
        {
            var machine = Self.machine { $0.pausedSince = .distantPast }
            _ = machine.begin()
            _ = machine.startFailed(Self.failure(meaning), othersSucceed: false)

            #expect((machine.history.pausedSince == nil) == isForgotten)
        }
    }

    @Test("what is put back while a call may be under way stays away until it can't be")
    func postponedWhileInFlight() {
        for meaning in [.target, .credential] as [StartFailure.Meaning] {
            var machine = Self.machine { $0.isRedelivered = true }
            _ = machine.begin()

            guard case .end(.postponed(let later)) = machine.lookUpFailed(Self.failure(meaning)) else {
                Issue.record("not postponed")
                continue
            }
            #expect(later.delay == .seconds(75))
        }
        #expect(Self.machine { $0.isRedelivered = true }.inWork().delay == .seconds(75))
        #expect(Self.machine { $0.isRedelivered = true }.paused(.credential, for: .zero).delay == .seconds(75))
        var stopped = Self.machine { $0.isRedelivered = true }
        #expect(stopped.stop().summary == "postponed in-flight for 75.0 seconds")
    }

    // MARK: - What createRun says

    @Test(
        "what createRun's failure leads to",
        arguments: [
            (.notStarted, "start again"), (.throttled, "start again"), (.ambiguous, "lookUp again"),
            (.refused, "failed rejected"), (.target, "postponed target for 30.0 seconds"),
            (.credential, "postponed credential for 30.0 seconds"),
        ] as [(StartFailure.Meaning, String)]
    )
    func startFails(meaning: StartFailure.Meaning, expected: String) {
        var machine = Self.machine()
        _ = machine.begin()

        #expect(machine.startFailed(Self.failure(meaning), othersSucceed: true).summary == expected)
        #expect(machine.history.attempts == 1)
    }

    @Test("after a call without an answer the run is looked for, and then the window is waited out before another call")
    func ambiguous() {
        var machine = Self.machine(.never)
        _ = machine.begin()

        var actions = [machine.startFailed(Self.failure(.ambiguous), othersSucceed: false).summary]
        for _ in 0..<3 { actions.append(machine.foundNothing().summary) }

        #expect(actions == ["lookUp again", "lookUp again", "lookUp again", "postponed in-flight for 75.0 seconds"])
    }

    @Test("a run that Azure has confirmed and that can't be found is not started again")
    func accepted() {
        var machine = Self.machine()
        _ = machine.begin()
        _ = machine.startFailed(
            StartFailure(.ambiguous, code: "UnreadableResponse", message: "200", isAccepted: true),
            othersSucceed: false
        )

        let actions = (0..<3).map { _ in machine.foundNothing().summary }

        #expect(actions == ["lookUp again", "lookUp again", "failed outcome-unknown"])
    }

    @Test("a run that appears after a call without an answer is adopted")
    func ambiguousThenFound() {
        var machine = Self.machine()
        _ = machine.begin()
        _ = machine.startFailed(Self.failure(.ambiguous), othersSucceed: false)

        #expect(machine.found(ExistingRun(runID: "run")).summary == "adopted run")
    }

    // MARK: - Out of time

    @Test("an outage costs no step, however long it takes")
    func outage() {
        var history = RequestHistory()
        for _ in 0..<20 {
            var machine = StartStateMachine(history, rules: .sample())
            _ = machine.begin()
            _ = machine.startFailed(Self.failure(.notStarted), othersSucceed: false)
            guard case .end(.postponed(let later)) = machine.outOfTime(othersSucceed: false) else {
                Issue.record("not postponed")
                return
            }
            #expect(later.reason == .unavailable)
            history = later.history
        }

        #expect(history.steps == 0)
        #expect(history.attempts == 20)
    }

    @Test("a request that fails while others succeed climbs the ladder, and is then unavailable")
    func ladder() {
        var history = RequestHistory()
        var ends: [String] = []
        for _ in 0..<3 {
            var machine = StartStateMachine(history, rules: .sample())
            _ = machine.begin()
            _ = machine.startFailed(Self.failure(.notStarted), othersSucceed: true)
            let action = machine.outOfTime(othersSucceed: true)
            ends.append(action.summary)
            if case .end(.postponed(let later)) = action { history = later.history }
        }

        #expect(
            ends == [
                "postponed unavailable for 5.0 seconds", "postponed unavailable for 30.0 seconds", "failed unavailable",
            ]
        )
    }

    @Test("calls without an answer climb the ladder too, and at its end the last one is waited out before the answer")
    func ambiguousLadder() {
        var history = RequestHistory()
        var ends: [String] = []
        for _ in 0..<4 {
            var machine = StartStateMachine(history, rules: .sample())
            var action = machine.begin()
            if case .lookUp = action { action = machine.foundNothing() }
            if case .start = action {
                _ = machine.startFailed(Self.failure(.ambiguous), othersSucceed: true)
                action = machine.outOfTime(othersSucceed: true)
            }
            ends.append(action.summary)
            guard case .end(.postponed(let later)) = action else { break }
            history = later.history
            history.wasPostponed = true
        }

        #expect(ends == Array(repeating: "postponed in-flight for 75.0 seconds", count: 3) + ["failed unavailable"])
    }

    @Test("a Retry-After beyond the hold time is waited for elsewhere, and costs no step")
    func throttled() {
        var machine = Self.machine()
        _ = machine.begin()
        _ = machine.startFailed(Self.failure(.throttled, retryAfter: .seconds(372)), othersSucceed: true)

        guard case .end(.postponed(let later)) = machine.outOfTime(othersSucceed: true) else {
            Issue.record("not postponed")
            return
        }
        #expect(later.reason == .throttled)
        #expect(later.delay == .seconds(372))
        #expect(later.history.steps == 0)
    }

    @Test("no turn within the hold time costs no step either")
    func noTurn() {
        var machine = Self.machine()
        _ = machine.begin()

        guard case .end(.postponed(let later)) = machine.noTurn(.tooLate) else {
            Issue.record("not postponed")
            return
        }
        #expect(later.reason == .budget)
        #expect(later.history.steps == 0)
        #expect(later.history.budgetWaits == 1)
    }

    // MARK: - What travels

    @Test("deliveries in vain add up over the copies, until createRun has been answered in somebody's hands")
    func deliveries() {
        var untouched = Self.machine {
            $0.isRedelivered = true
            $0.deliveries = 7
        }
        _ = untouched.begin()
        guard case .end(.postponed(let before)) = untouched.foundNothing() else {
            Issue.record("not postponed")
            return
        }
        var survived = Self.machine { $0.deliveries = 7 }
        _ = survived.begin()
        _ = survived.startFailed(Self.failure(.notStarted), othersSucceed: true)
        guard case .end(.postponed(let after)) = survived.outOfTime(othersSucceed: true) else {
            Issue.record("not postponed")
            return
        }

        #expect(before.history.deliveries == 7)
        #expect(after.history.deliveries == 0)
    }

    @Test("a worker that stops gives an unbegun request straight back")
    func stop() {
        var machine = Self.machine()

        #expect(machine.stop().summary == "postponed stopping for 0.0 seconds")
    }
}

extension StartStateMachine.Action {
    /// In words, for comparing.
    fileprivate var summary: String {
        switch self {
        case .lookUp: "lookUp"
        case .lookUpAgain: "lookUp again"
        case .start: "start"
        case .startAgain: "start again"
        case .end(.started(let runID)): "started \(runID)"
        case .end(.adopted(let run)): "adopted \(run.runID)"
        case .end(.postponed(let later)): "postponed \(later.reason.rawValue) for \(later.delay)"
        case .end(.failed(let verdict)): "failed \(verdict.errorClass.rawValue)"
        }
    }
}
