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
}
