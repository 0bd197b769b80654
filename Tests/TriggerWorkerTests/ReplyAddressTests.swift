import Testing

@testable import TriggerWorker

@Suite("Where a reply goes")
struct ReplyAddressTests {
    private static func address(
        _ replyTo: String?,
        replyQueue: String = "adf.trigger.replies"
    ) -> (ReplyAddress, Bool) {
        Policy(replyQueue: replyQueue).replyAddress(for: .sample(replyTo: replyTo))
    }

    @Test("a request that names no queue is answered on the configured one", arguments: [nil, ""])
    func absent(replyTo: String?) {
        #expect(Self.address(replyTo) == (.queue("adf.trigger.replies"), true))
    }

    @Test(
        "the requester's own queue is used",
        arguments: ["my.replies", "adf.triggered", "amqp", "my.amq.queue", "AMQ.x", "amq.gen-x"]
    )
    func ownQueue(replyTo: String) {
        #expect(Self.address(replyTo) == (.queue(replyTo), true))
    }

    @Test(
        "the worker's and the broker's own queues are not",
        arguments: [
            "adf.trigger.requests", "adf.trigger.errors", "adf.trigger.", "adf.trigger.delay.5", "amq.topic", "amq.gen",
            "amq.",
            "amq.rabbitmq.reply-to",
        ]
    )
    func reserved(replyTo: String) {
        #expect(Self.address(replyTo) == (.queue("adf.trigger.replies"), false))
    }

    @Test("the configured reply queue may be named, though it is reserved")
    func configured() {
        #expect(Self.address("adf.trigger.replies") == (.queue("adf.trigger.replies"), true))
        #expect(Self.address("adf.trigger.replies", replyQueue: "answers") == (.queue("answers"), false))
    }

    @Test("an address of direct reply-to is used as such")
    func direct() {
        let address = "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM.abc=="

        #expect(Self.address(address) == (.direct(address), true))
        #expect(Self.address(address).0.routingKey == address)
        #expect(ReplyAddress.queue("q").routingKey == "q")
    }
}
