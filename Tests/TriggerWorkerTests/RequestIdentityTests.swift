import Foundation
import Testing

@testable import TriggerWorker

@Suite("Who asks")
struct RequestIdentityTests {
    @Test("the message id is the identity, as it came", arguments: ["order-1", " ", "ORDER-1", "e\u{301}"])
    func messageID(id: String) {
        let identity = RequestMessage.sample(messageID: id, correlationID: "other").identity

        #expect(Array(identity.text.utf8) == Array(id.utf8))
        #expect(identity.isIdentified)
    }

    @Test("without a message id each delivery gets a name of its own, and says so", arguments: [nil, ""])
    func madeUp(id: String?) throws {
        let message = RequestMessage.sample(messageID: id, correlationID: "correlation")

        let first = message.identity
        let second = message.identity

        #expect(!first.isIdentified)
        #expect(first.text != second.text)
        #expect(try #require(UUID(uuidString: first.text)).uuidString.lowercased() == first.text)
    }

    @Test("the publisher is part of it only where he shall be")
    func publisher() {
        let scoped = IdentitySource(isPerPublisher: true)

        let mine = RequestMessage.sample(publisher: "alice", identitySource: scoped).identity
        let yours = RequestMessage.sample(publisher: "bob", identitySource: scoped).identity

        #expect(mine != yours && mine.text == yours.text)
        #expect(mine.publisher == "alice" && mine.isIdentified)
        #expect(RequestMessage.sample(publisher: "alice").identity == RequestIdentity("order-1"))
        #expect(!RequestMessage.sample(identitySource: scoped).identity.isIdentified)
        let unnamed = RequestMessage.sample(messageID: nil, publisher: "alice", identitySource: scoped)
        #expect(unnamed.identity.publisher == nil)
    }

    @Test("a name too long for a short string is cut, for it is shown in headers")
    func longName() {
        let message = RequestMessage.sample(name: String(repeating: "x", count: 100_000))

        #expect(message.identity.text.utf8.count == 255)
    }
}
