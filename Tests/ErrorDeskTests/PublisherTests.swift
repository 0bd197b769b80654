import ErrorDesk
import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing
import TriggerWorker

@Suite("Who published an entry", .timeLimit(.minutes(5)))
struct PublisherTests {
    private static let perPublisher = IdentitySource(isPerPublisher: true)

    /// A desk with two entries named 1: alice's and bob's, by the word of a worker.
    private func makeDesk(_ worker: String, trust: CopyTrust) async throws -> Desk {
        let desk = try await Desk(user: worker, identity: Self.perPublisher, trust: trust)
        for publisher in ["alice", "bob"] {
            try await desk.park("1", headers: ["origin-user-id": .string(publisher)]) { $0.properties.userID = worker }
        }
        return desk
    }

    @Test("two publishers' entries of one name have two IDs, and each the run of its own publisher")
    func names() async throws {
        let desk = try await makeDesk("worker", trust: CopyTrust(user: "worker"))

        let entries = try await desk.entries()

        #expect(entries.map(\.id) == ["1", "1#2"])
        #expect(entries.map(\.publisher) == ["alice", "bob"])
        let policy = Policy(aliases: ["nightly": Desk.target], replyQueue: "replies")
        let runs = entries.map { EntryRuns(of: $0, body: [], policy: policy).all.map(\.runID) }
        #expect(
            runs
                == ["alice", "bob"].map { [RunIdentity.runID(for: RequestIdentity("1", of: $0), target: Desk.target)] }
        )
    }

    @Test("an entry goes home with the desk's user-id beside its publisher, and comes back as the same request")
    func home() async throws {
        let trust = CopyTrust(user: "worker")
        let desk = try await makeDesk("worker", trust: trust)

        let count = try await desk.desk.sendHome(try await desk.entries(), .sample()) { _, _ in }

        let copies = desk.broker.messages(in: "requests").map(\.properties)
        #expect(count == 2)
        #expect(copies.map(\.userID) == ["worker", "worker"])
        #expect(copies.map { trust.publisher(of: $0) } == ["alice", "bob"])
    }

    @Test("what nobody vouches for does so at home neither", arguments: [nil, "mallory"])
    func forged(user: String?) async throws {
        let trust = CopyTrust(user: "worker")
        let desk = try await Desk(user: user ?? "mallory", identity: Self.perPublisher, trust: trust)
        try await desk.park("1", headers: ["origin-user-id": "alice"]) { $0.properties.userID = user }

        let entry = try #require(try await desk.entries().first)
        _ = try await desk.desk.sendHome([entry], .sample()) { _, _ in }

        let copy = try #require(desk.broker.messages(in: "requests").first).properties
        #expect(entry.publisher == nil)
        #expect(copy.userID == nil)
        #expect(trust.publisher(of: copy) == nil)
    }

    @Test("a desk whose word the workers would not take sends nothing home, and says what is to be done")
    func untrustedDesk() async throws {
        let desk = try await makeDesk("worker", trust: CopyTrust(user: "ops", others: ["worker"]))
        var refusals: [String] = []

        let count = try await desk.desk.sendHome(try await desk.entries(), .sample()) { _, homecoming in
            if case .refused(let reason) = homecoming { refusals.append(reason) }
        }

        #expect(count == 0)
        #expect(refusals.count == 2)
        #expect(refusals.allSatisfy { $0.contains("user \"ops\"") && $0.contains("requests.trustedUsers") })
        try await eventually("they are given back") { desk.broker.unacknowledgedCount(in: "errors") == 0 }
        #expect(desk.ids(on: "errors") == ["1", "1"])
    }

    @Test("where something else than the message id names a request, so it does at the desk")
    func otherName() async throws {
        let byCorrelation = try await Desk(identity: IdentitySource(.correlationID))
        try await byCorrelation.park("m", headers: ["request-id": "c"]) { $0.properties.correlationID = "c" }
        try await byCorrelation.park("m", headers: ["request-id": "0f0e"])
        let byHeader = try await Desk(identity: IdentitySource(.header("job")))
        for job: FieldValue in ["j", 42, .double(1.5), .void] { try await byHeader.park("m", headers: ["job": job]) }

        #expect(try await byCorrelation.entries().map(\.id) == ["c", "0f0e"])
        #expect(try await byHeader.entries().map(\.id) == ["j", "42", "\u{FFFD}", "unnamed"])
        _ = try await byCorrelation.desk.sendHome(try await byCorrelation.entries(), .sample()) { _, _ in }
        let made = byCorrelation.broker.messages(in: "requests").map { $0.properties.headers?["request-id"] }
        #expect(made == [nil, "0f0e"])
    }
}
