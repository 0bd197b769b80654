import Testing

@testable import RabbitMQ

@Suite("Who published a message first")
struct CopyTrustTests {
    private let trust = CopyTrust(user: "worker", others: ["ops", "e\u{301}"])

    private func properties(_ user: String?, origin: FieldValue? = nil) -> MessageProperties {
        var properties = MessageProperties()
        properties.userID = user
        properties.headers = origin.map { [CopyTrust.header: $0] }
        return properties
    }

    @Test(
        "what the broker has checked, or who somebody trusted says it was; nobody where anybody else says so",
        arguments: [
            ("alice", nil, "alice"), ("worker", nil, "worker"), ("worker", "alice", "alice"), ("ops", "alice", "alice"),
            ("ops", "worker", "worker"), (nil, nil, nil), ("", nil, nil), (nil, "alice", nil),
            ("mallory", "alice", nil), ("mallory", "mallory", nil), ("Worker", "alice", nil),
            ("\u{E9}", "alice", nil), ("worker", "", nil), ("worker", 7, nil), ("worker", .void, nil),
        ] as [(String?, FieldValue?, String?)]
    )
    func publisher(user: String?, origin: FieldValue?, publisher: String?) {
        #expect(trust.publisher(of: properties(user, origin: origin)) == publisher)
    }

    @Test("our copy of somebody else's copy is believed where we are named beside him")
    func believed() {
        let stranger = CopyTrust(user: "desk", others: ["worker"])
        let named = CopyTrust(user: "desk", others: ["worker", "desk"])

        #expect(trust.isBelieved(copying: properties("worker")))
        #expect(!stranger.isBelieved(copying: properties("worker", origin: "alice")))
        #expect(named.isBelieved(copying: properties("worker", origin: "alice")))
        #expect(stranger.isBelieved(copying: properties("alice")) && stranger.isBelieved(copying: properties(nil)))
    }
}
