import Foundation
import Testing

@testable import TriggerWorker

@Suite("When a run exists already", .timeLimit(.minutes(5)))
struct RequestLifeAdoptionTests {
    private static let runID = "bb3dc96d-50c8-5244-94e1-41859c317abf"

    private static func history(_ change: (inout RequestHistory) -> Void) -> RequestHistory {
        var history = RequestHistory()
        change(&history)
        return history
    }

    private static func found(
        _ parameters: [String: String] = [:],
        startedAt: Date? = nil
    ) -> [ScriptedStarter.LookUp] {
        [.success(ExistingRun(runID: runID, parameters: parameters, startedAt: startedAt))]
    }

    // MARK: - Look before judging

    @Test("the run of a redelivered request answers for it, whatever deadline and policy say by now")
    func beforeJudging() async throws {
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#
        let message = RequestMessage.sample(body, history: Self.history { $0.isRedelivered = true })

        let outcome = try await Trial(ScriptedStarter(lookUps: Self.found()), message).run()

        #expect(outcome.events == [.replied("order-1", .adopted), .acknowledged("order-1")])
        #expect(outcome.finished.runID == Self.runID)
    }

    @Test("a fresh request is judged before anything is asked, also where every one is looked up")
    func freshIsJudgedFirst() async throws {
        let starter = ScriptedStarter()
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#

        let outcome = try await Trial(starter, .sample(body), rules: .sample(check: .always)).run()

        #expect(outcome.finished.error?.errorClass == .expired)
        // Once, after the answer: another copy may have been started.
        #expect(starter.lookedUp.count == 1)
    }

    @Test("a suspect request is put back before it is refused: its last holder's call may still start the run")
    func suspectIsNotRefused() async throws {
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#
        let message = RequestMessage.sample(body, history: Self.history { $0.isRedelivered = true })

        let outcome = try await Trial(ScriptedStarter(), message).run()

        #expect(outcome.events == [.postponed("order-1", .inFlight), .acknowledged("order-1")])
    }

    @Test("when it comes back and there is still no run, it is judged")
    func judgedAfterWindow() async throws {
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#
        let message = RequestMessage.sample(body, history: Self.history { $0.wasPostponed = true })

        let outcome = try await Trial(ScriptedStarter(), message).run()

        #expect(outcome.finished.error?.errorClass == .expired)
    }

    @Test("what may not be asked for is refused by the policy, and not by Azure's refusal to say")
    func policyBeforeAccess() async throws {
        let noAccess = StartFailure(.target, code: "AuthorizationFailed", message: "no")
        let message = RequestMessage.sample(history: Self.history { $0.wasPostponed = true })

        let outcome = try await Trial(
            ScriptedStarter(
                nameError: RequestError(.invalid, code: "InvalidName", "no"),
                lookUps: [.failure(noAccess)]
            ),
            message
        ).run()

        #expect(outcome.finished.error?.errorClass == .invalid)
    }

    @Test(
        "as long as nobody can be asked what came of a call in doubt, the request is not refused for its deadline",
        arguments: [.target, .credential] as [StartFailure.Meaning]
    )
    func inDoubtAndUnanswered(meaning: StartFailure.Meaning) async throws {
        let body = #"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#
        let failure = StartFailure(meaning, code: "AuthorizationFailed", message: "no")
        func postponed(_ isInDoubt: Bool) -> RequestMessage {
            .sample(
                body,
                history: Self.history {
                    $0.wasPostponed = true
                    $0.isInDoubt = isInDoubt
                }
            )
        }

        let inDoubt = try await Trial(ScriptedStarter(lookUps: [.failure(failure)]), postponed(true)).run()
        let unbegun = try await Trial(ScriptedStarter(lookUps: [.failure(failure)]), postponed(false)).run()

        #expect(inDoubt.finished.outcome == .deferred)
        #expect(inDoubt.postponement?.history.isInDoubt == true)
        #expect(unbegun.finished.error?.errorClass == .expired)
    }

    @Test("a generation beyond the limit is refused, and nobody is asked for all before it")
    func generations() async throws {
        let starter = ScriptedStarter(ScriptedStarter.starts)

        let last = try await Trial(starter, .sample(history: Self.history { $0.generation = 8 })).run()
        let beyond = try await Trial(
            starter,
            .sample(messageID: "order-2", history: Self.history { $0.generation = 1_000_000 })
        ).run()

        #expect(last.finished.outcome == .started)
        #expect(starter.lookedUp.count == 9)
        #expect(beyond.finished.error?.errorClass == .invalid)
        #expect(beyond.finished.error?.code == "GenerationLimit")
    }

    @Test("a run of an earlier generation, or of what the alias meant before, answers too")
    func earlierCandidates() async throws {
        let former = Target.sample(pipeline: "old name")
        var policy = Policy.sample()
        policy.formerTargets["nightly"] = [former]
        let message = RequestMessage.sample(history: Self.history { $0.generation = 1 })
        let starter = ScriptedStarter(lookUps: [.success(nil), .success(nil), .success(nil)] + Self.found())

        let outcome = try await Trial(starter, message, policy: policy).run()

        let identity = RequestIdentity("order-1")
        #expect(
            starter.lookedUp == [
                RunIdentity.runID(for: identity, target: .sample(), generation: 1),
                RunIdentity.runID(for: identity, target: .sample()),
                RunIdentity.runID(for: identity, target: former),
                RunIdentity.runID(for: identity, target: former, generation: 1),
            ]
        )
        #expect(outcome.finished.outcome == .adopted)
    }

    // MARK: - Conflicts

    @Test("another value of a parameter is a conflict, which names the parameter and the run")
    func conflict() async throws {
        let body = #"{"target":"nightly","parameters":{"day":"monday","batch":2}}"#
        let starter = ScriptedStarter(lookUps: Self.found(["batch": "1", "day": "monday"]))

        let outcome = try await Trial(starter, .sample(body), rules: .sample(check: .always)).run()

        #expect(outcome.finished.error?.errorClass == .conflict)
        #expect(outcome.finished.error?.runID == Self.runID)
        #expect(outcome.finished.error?.message.contains("\"batch\"") == true)
        #expect(starter.calls.isEmpty)
    }

    @Test(
        "only what can be compared without doubt is compared",
        arguments: [
            (#""a""#, "a", false), (#""a""#, "b", true), (#""a""#, "*****", false), ("1", "1", false), ("1", "2", true),
            ("1", "1.0", false), ("1.10", "1.1", false), ("true", "True", false), ("true", "False", true),
            ("true", "yes", false), ("[1]", "[2]", false), (#"{"a":1}"#, "{}", false), ("null", "x", false),
            (#""2026-11-22T00:00:00Z""#, "11/22/2026 00:00:00", false), (#""11/22/2026""#, "2026-11-22", false),
        ] as [(String, String, Bool)]
    )
    func comparing(given: String, shown: String, isConflict: Bool) {
        let run = ExistingRun(runID: Self.runID, parameters: ["P": shown])
        let parameters = Array(#"{"other":1,"p":\#(given)}"#.utf8)

        #expect((Contradiction.parameter(of: parameters, against: run) != nil) == isConflict)
    }

    @Test("a recovery is not compared: its parameters are those of the former run")
    func recovery() async throws {
        let body = #"{"target":"nightly","parameters":{"batch":2},"options":{"isRecovery":true}}"#
        let starter = ScriptedStarter(lookUps: Self.found(["batch": "1"]))

        let outcome = try await Trial(starter, .sample(body), rules: .sample(check: .always)).run()

        #expect(outcome.finished.outcome == .adopted)
    }

    @Test("an identity that is used again after the window is a conflict, unless the request has been on its way since")
    func identityWindow() async throws {
        let old = Date(timeIntervalSinceNow: -100_000)

        let fresh = try await Trial(
            ScriptedStarter(lookUps: Self.found(startedAt: old)),
            rules: .sample(check: .always)
        ).run()
        let waiting = try await Trial(
            ScriptedStarter(lookUps: Self.found(startedAt: old)),
            .sample(history: Self.history { $0.wasPostponed = true })
        ).run()

        #expect(fresh.finished.error?.code == "IdentityReused")
        #expect(waiting.finished.outcome == .adopted)
    }

    // MARK: - Memory

    @Test("a repeated request is answered with the same run from memory; with other parameters it is a conflict")
    func memory() async throws {
        let memory = RequestMemory()
        let starter = ScriptedStarter(ScriptedStarter.starts)
        let body = #"{"target":"nightly","parameters":{"batch":1}}"#
        let other = #"{"target":"nightly","parameters":{"batch":2}}"#

        let first = try await Trial(starter, .sample(body), memory: memory).run()
        let second = try await Trial(starter, .sample(body), memory: memory).run()
        let third = try await Trial(starter, .sample(other), memory: memory).run()

        #expect(first.finished.outcome == .started)
        #expect(second.finished.outcome == .adopted)
        #expect(second.finished.runID == first.finished.runID)
        #expect(third.finished.error?.errorClass == .conflict)
        #expect(starter.calls.count == 1)
    }

    @Test("a second delivery of a request in work waits for it, and is not started beside it")
    func inWork() async throws {
        let memory = RequestMemory()
        #expect(memory.claim(Self.runID) == .new)
        let starter = ScriptedStarter()

        let outcome = try await Trial(starter, memory: memory).run()

        #expect(outcome.events == [.postponed("order-1", .inWork), .acknowledged("order-1")])
    }

    @Test("failures are not remembered")
    func failuresAreForgotten() async throws {
        let memory = RequestMemory()
        let starter = ScriptedStarter(ScriptedStarter.fails(.refused), ScriptedStarter.starts)

        _ = try await Trial(starter, memory: memory).run()
        let second = try await Trial(starter, memory: memory).run()

        #expect(second.finished.outcome == .started)
    }

    @Test("the memory is bounded, and forgets the oldest first")
    func bounded() {
        let memory = RequestMemory(capacity: 2)
        for id in ["a", "b", "c"] { Self.answer(id, memory) }

        #expect(memory.claim("b") == .answered(Self.answered("b")))
        #expect(memory.claim("c") == .answered(Self.answered("c")))
        #expect(memory.claim("a") == .new)
    }

    @Test("the parameters of a run that was found are its own, also from memory")
    func adoptedInMemory() async throws {
        let memory = RequestMemory()
        let starter = ScriptedStarter(lookUps: Self.found(["batch": "41"]))
        let bare = RequestMessage.sample(#"{"target":"nightly"}"#)
        let other = RequestMessage.sample(#"{"target":"nightly","parameters":{"batch":42}}"#)

        let first = try await Trial(starter, bare, rules: .sample(check: .always), memory: memory).run()
        let second = try await Trial(starter, other, rules: .sample(check: .always), memory: memory).run()

        #expect(first.finished.outcome == .adopted)
        #expect(second.finished.error?.code == "ParametersDiffer")
    }

    @Test("large parameters count for as much as they are")
    func boundedInBytes() {
        let memory = RequestMemory()
        let half = Array(repeating: UInt8(ascii: " "), count: 2 << 20)
        for id in ["a", "b", "c"] { Self.answer(id, memory, half) }

        #expect(memory.claim("a") == .new)
        #expect(memory.claim("b") == .answered(Self.answered("b", half)))
        #expect(memory.claim("c") == .answered(Self.answered("c", half)))
    }

    private static func answer(_ id: String, _ memory: RequestMemory, _ parameters: [UInt8] = []) {
        #expect(memory.claim(id) == .new)
        memory.release(id, answered(id, parameters))
    }

    private static func answered(_ id: String, _ parameters: [UInt8] = []) -> RequestMemory.Answered {
        RequestMemory.Answered(ExistingRun(runID: id), startedWith: parameters)
    }
}

/// Factories differ in how a run is recognised as the run of a request.
@Suite("How runs are recognised", .timeLimit(.minutes(5)))
struct IdentityRuleTests {
    private static let runID = "bb3dc96d-50c8-5244-94e1-41859c317abf"

    private static func policy(_ rule: IdentityRule) -> Policy {
        var policy = Policy.sample()
        policy.factoryRules[Target.sample().factoryKey] = rule
        return policy
    }

    private static var redelivered: RequestHistory {
        var history = RequestHistory()
        history.isRedelivered = true
        return history
    }

    @Test("a factory that gives another id than it was asked for is left alone from then on")
    func distrusted() async throws {
        let health = ServiceHealth()
        let starter = ScriptedStarter({ _ in .success("another") })

        let first = try await Trial(starter, health: health).run()
        let second = try await Trial(starter, .sample(messageID: "order-2"), health: health).run()

        #expect(first.finished.runID == "another")
        #expect(second.events.first == .postponed("order-2", .target))
        #expect(starter.calls.count == 1)
    }

    @Test(
        "a marker is put in front of the parameters, which stay as they are",
        arguments: [
            ("{}", #"{"m":"id"}"#), (#"{"a": 1.10}"#, #"{"m":"id","a": 1.10}"#), (" { } ", #"{"m":"id" } "#),
        ]
    )
    func marker(given: String, expected: String) throws {
        let marked = try Marker.add("m", "id", to: Array(given.utf8))

        #expect(String(decoding: marked, as: UTF8.self) == expected)
    }

    @Test("a request that sets the marker itself is refused")
    func markerGiven() async throws {
        let body = #"{"target":"nightly","parameters":{"RequestID":"mine"}}"#
        let outcome = try await Trial(
            ScriptedStarter(),
            .sample(body),
            policy: Self.policy(.marker(parameter: "requestId"))
        ).run()

        #expect(outcome.finished.error?.code == "MarkerGiven")
        #expect(outcome.finished.error?.errorClass == .invalid)
    }

    @Test("a run is found by its marker under any id, and adopted")
    func markerFound() async throws {
        let starter = ScriptedStarter(searches: [.found(ExistingRun(runID: "another"))])

        let outcome = try await Trial(
            starter,
            .sample(history: Self.redelivered),
            policy: Self.policy(.marker(parameter: "requestId"))
        ).run()

        #expect(starter.searched == [MarkedRun(parameter: "requestId", value: Self.runID)])
        #expect(outcome.finished.outcome == .adopted)
        #expect(outcome.finished.runID == "another")
    }

    @Test("the last look, after a failure was told of, goes by the marker too")
    func markerLate() async throws {
        let starter = ScriptedStarter(
            ScriptedStarter.fails(.refused),
            searches: [.found(ExistingRun(runID: "another"))]
        )

        let outcome = try await Trial(starter, policy: Self.policy(.marker(parameter: "requestId"))).run()

        #expect(outcome.replies.map(\.runID) == [nil, "another"])
        #expect(outcome.replies.last?.outcome == .adopted)
    }

    @Test("under a marker the id Azure gives is as good as any, and createRun carries the marker")
    func markerStarts() async throws {
        let health = ServiceHealth()
        let starter = ScriptedStarter({ _ in .success("another") })

        let outcome = try await Trial(
            starter,
            health: health,
            policy: Self.policy(.marker(parameter: "requestId"))
        ).run()

        #expect(outcome.finished.runID == "another")
        #expect(
            starter.calls.first.map { String(decoding: $0.parameters, as: UTF8.self) }
                == #"{"requestId":"\#(Self.runID)"}"#
        )
        #expect(!health.isDistrusted(.sample()))
    }

    @Test("what may have been called is put back with the time that ends at, and is then looked for with it")
    func markerCalledUntil() async throws {
        let policy = Self.policy(.marker(parameter: "requestId"))
        let before = Date()
        let first = try await Trial(ScriptedStarter(), .sample(history: Self.redelivered), policy: policy).run()
        var history = try #require(first.postponement?.history)
        let calledUntil = try #require(history.calledUntil)
        history.wasPostponed = true
        history.isRedelivered = false
        let starter = ScriptedStarter(searches: [.unsettled])

        let second = try await Trial(starter, .sample(history: history), policy: policy).run()

        #expect((75...77).contains(calledUntil.timeIntervalSince(before)))
        #expect(starter.searched.map(\.calledUntil) == [calledUntil])
        #expect(second.postponement?.reason == .settling)
        #expect(second.postponement?.history.calledUntil == calledUntil)
    }

    @Test("what is not shown within the settle time is answered outcome-unknown, deadline or not")
    func markerNotShown() async throws {
        var history = RequestHistory()
        history.wasPostponed = true
        history.calledUntil = Date(timeIntervalSinceNow: -1000)
        let outcome = try await Trial(
            ScriptedStarter(searches: [.unsettled]),
            .sample(#"{"target":"nightly","deadline":"2020-01-01T00:00:00Z"}"#, history: history),
            policy: Self.policy(.marker(parameter: "requestId"))
        ).run()

        #expect(outcome.finished.error?.errorClass == .outcomeUnknown)
        #expect(outcome.finished.error?.runID == Self.runID)
    }

    @Test("where there are too many runs to look at, a request that may have one is not started again")
    func markerIncomplete() async throws {
        let rule = Self.policy(.marker(parameter: "requestId"))

        let suspect = try await Trial(
            ScriptedStarter(searches: [.incomplete]),
            .sample(history: Self.redelivered),
            policy: rule
        ).run()
        let fresh = try await Trial(
            ScriptedStarter(ScriptedStarter.starts, searches: [.incomplete]),
            rules: .sample(check: .always),
            policy: rule
        ).run()

        #expect(suspect.finished.error?.errorClass == .outcomeUnknown)
        #expect(suspect.finished.error?.runID == Self.runID)
        #expect(fresh.finished.outcome == .started)
    }

    @Test("where runs can't be recognised a request is served at least once, and its reply says so")
    func none() async throws {
        let starter = ScriptedStarter({ _ in .success("one") }, { _ in .success("two") })

        let first = try await Trial(starter, policy: Self.policy(.none)).run()
        let again = try await Trial(starter, .sample(history: Self.redelivered), policy: Self.policy(.none)).run()

        #expect(first.finished.runID == "one")
        #expect(again.finished.runID == "two")
        #expect(starter.lookedUp.isEmpty)
        for reply in first.replies + again.replies {
            #expect(try members(of: reply.body)["identified"] as? Bool == false)
        }
    }

    @Test("where runs can't be recognised a call without an answer is told of as such at once")
    func noneAmbiguous() async throws {
        let outcome = try await Trial(
            ScriptedStarter(ScriptedStarter.fails(.ambiguous)),
            policy: Self.policy(.none)
        ).run()

        #expect(outcome.finished.error?.errorClass == .outcomeUnknown)
        #expect(outcome.finished.error?.runID == nil)
    }
}
