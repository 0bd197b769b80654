import Testing

@testable import TriggerWorker

@Suite("The run id a request asks for")
struct RunIdentityTests {
    private static func id(_ messageID: String, _ target: Target) -> String {
        RunIdentity.runID(for: RequestIdentity(messageID), target: target)
    }

    private static let mixed = Target.sample(
        subscriptionID: "AAAABBBB-CCCC-DDDD-EEEE-FFFF00001111",
        resourceGroup: "RG_Data.(x)",
        factory: "ADF-Prod",
        pipeline: "Übernahme \u{C9}"
    )

    /// Made with Python's `uuid.uuid5(namespace, message_id + "\n" + path)`, the path's ASCII letters lowered.
    private static let vectors: [(String, Target, String)] = [
        ("order-1", .sample(), "bb3dc96d-50c8-5244-94e1-41859c317abf"),
        ("order-2", .sample(), "85f7509b-c8e5-5b23-aeab-4b84f1ce1c7e"),
        ("Order-1", .sample(), "a7693882-6383-5c97-b162-2517bdbf6786"),
        ("order-1", mixed, "9c2aed33-b986-5186-a7ba-054bbd9a5a3d"),
        ("order-1", with(mixed, pipeline: "Übernahme \u{E9}"), "a1a804bf-1cfe-5858-9bbb-8e718d603dfe"),
        ("order-1", with(mixed, pipeline: "Übernahme E\u{301}"), "cdef368e-d46e-5c6e-ac36-2ad7945339b9"),
        ("a\nb", .sample(pipeline: "x"), "2771da67-69c8-5658-ac0f-58d7ccac4e9f"),
        ("😀 ", .sample(pipeline: "[daily] @ 5%"), "976ba4bf-06ae-5786-9bac-0caa07d9dfb3"),
        (String(repeating: "x", count: 255), .sample(pipeline: "p"), "4e88a72a-1e90-5a5e-a72e-d3ca3e679342"),
    ]

    private static func with(_ target: Target, pipeline: String) -> Target {
        Target(
            subscriptionID: target.subscriptionID,
            resourceGroup: target.resourceGroup,
            factory: target.factory,
            pipeline: pipeline
        )
    }

    @Test("it is the UUID another implementation makes", arguments: vectors)
    func vector(messageID: String, target: Target, runID: String) {
        #expect(Self.id(messageID, target) == runID)
    }

    /// Made with Python's `uuid.uuid5(uuid.uuid5(namespace, user), name)`.
    private static let ofPublishers: [(String, String, Int, String)] = [
        ("alice", "1", 0, "54c7a155-1237-55f8-8a92-33cafe77d09d"),
        ("bob", "1", 0, "748f0808-f22d-5af6-b9f7-e4ad68ebdd1c"),
        ("alice", "1", 2, "067c8c01-ffcb-5259-9392-b08ef93c490f"),
        ("CN=Müller,O=x", "order-1", 0, "16049043-fcee-5e44-9952-4a41085e9995"),
    ]

    @Test("each publisher has a namespace of its own", arguments: ofPublishers)
    func publisher(user: String, name: String, generation: Int, runID: String) {
        let identity = RequestIdentity(name, of: user)

        #expect(RunIdentity.runID(for: identity, target: .sample(), generation: generation) == runID)
    }

    @Test("the case of ASCII letters in a target does not matter")
    func targetCase() {
        let upper = Target.sample(
            resourceGroup: "RG-DATA",
            factory: "ADF-PROD",
            pipeline: "NIGHTLY LOAD"
        )

        #expect(Self.id("order-1", upper) == Self.id("order-1", .sample()))
    }

    @Test("everything else matters")
    func everythingElse() {
        let others: [Target] = [
            .sample(subscriptionID: "11111111-2222-3333-4444-555555555556"), .sample(resourceGroup: "rg-data2"),
            .sample(factory: "adf-test"), .sample(pipeline: "nightly  load"), .sample(pipeline: "nightly-load"),
            Self.with(Self.mixed, pipeline: "é"), Self.with(Self.mixed, pipeline: "É"),
        ]
        let messageIDs = ["order-1", "order-1 ", "ORDER-1", "order-11", "", "\u{E9}", "e\u{301}"]

        let ids = others.map { Self.id("order-1", $0) } + messageIDs.map { Self.id($0, .sample()) }

        #expect(Set(ids).count == ids.count)
    }

    @Test("a request asks for the same id every time")
    func stable() {
        let identity = RequestMessage.sample(messageID: "order-1").identity

        #expect(RunIdentity.runID(for: identity, target: .sample()) == "bb3dc96d-50c8-5244-94e1-41859c317abf")
    }
}
