import ErrorDesk
import RabbitMQ
import Testing
import TriggerWorker

@Suite("The runs that would answer for an entry", .timeLimit(.minutes(5)))
struct EntryRunsTests {
    private func runs(_ headers: FieldTable = [:], id: String? = "m", policy: Policy) async throws -> [String] {
        let desk = try await Desk()
        try await desk.park(id, headers: headers)
        let (entry, delivery) = try #require(try await desk.only())
        return EntryRuns(of: entry, body: delivery.message.body, policy: policy).all.map(\.runID)
    }

    private func runID(_ target: Target = Desk.target, generation: Int = 0, id: String = "m") -> String {
        RunIdentity.runID(for: RequestIdentity(id), target: target, generation: generation)
    }

    private let policy = Policy(aliases: ["nightly": Desk.target], replyQueue: "replies")

    @Test("that of its target, and of each earlier generation")
    func generations() async throws {
        let expected = [runID(generation: 2), runID(), runID(generation: 1)]
        #expect(try await runs(["generation": 2], policy: policy) == expected)
    }

    private func target(_ pipeline: String) -> Target {
        Target(
            subscriptionID: Desk.target.subscriptionID,
            resourceGroup: Desk.target.resourceGroup,
            factory: Desk.target.factory,
            pipeline: pipeline
        )
    }

    @Test("also where its alias means, or has meant, another pipeline")
    func otherTargets() async throws {
        let (now, before) = (target("load-2"), target("load-0"))
        var policy = Policy(aliases: ["nightly": now], replyQueue: "replies")
        policy.formerTargets = ["nightly": [before]]

        #expect(try await runs(policy: policy) == [runID(), runID(now), runID(before)])
    }

    @Test("also the run that the worker named, and that of a made-up name")
    func named() async throws {
        let other = "0b0e9c1e-0000-4000-8000-000000000001"
        #expect(try await runs(["run-id": .string(other)], policy: policy) == [runID(), other])
        #expect(try await runs(["request-id": "made-up"], id: nil, policy: policy) == [runID(id: "made-up")])
    }

    @Test("not one that is no run id, whatever is hidden behind a zero byte")
    func hidden() async throws {
        let forged = "0b0e9c1e-0000-4000-8000-000000000001\0\u{1B}[2J"
        #expect(try await runs(["run-id": .string(forged)], policy: policy) == [runID()])
    }

    @Test("none where it has no name, or its target is not known and can't be read")
    func none() async throws {
        #expect(try await runs(id: nil, policy: policy) == [])
        #expect(try await runs(["target": "nonsense"], policy: Policy(replyQueue: "replies")) == [])
    }
}
