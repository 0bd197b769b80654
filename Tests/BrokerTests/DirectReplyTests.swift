import RabbitMQ
import TestSupport
import Testing

@Suite("Direct reply-to", .timeLimit(.minutes(5)))
struct DirectReplyTests {
    private static let pseudoQueue = "amq.rabbitmq.reply-to"

    @Test("a request finds its answer over another connection", arguments: BrokerUnderTest.all)
    func roundTrip(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "requests") { bench in
            try await withConnection(broker) { connection in
                let client = try await connection.openChannel()
                try await client.enableConfirms()
                var replies = try await client.consume(
                    Self.pseudoQueue,
                    consumerTag: "replies",
                    mode: .automaticAcknowledgement
                ).makeAsyncIterator()
                var requests = try await bench.consume().makeAsyncIterator()

                for number in 1...20 {
                    var request = Message("\(number)")
                    request.properties.replyTo = Self.pseudoQueue
                    request.properties.correlationID = "c-\(number)"
                    #expect(
                        try await client.publish(request, routingKey: bench.queue, isMandatory: true).summary
                            == "confirmed"
                    )

                    let received = try #require(try await requests.next())
                    let replyTo = try #require(received.message.properties.replyTo)
                    #expect(replyTo.hasPrefix(Self.pseudoQueue + "."))
                    var answer = Message("answer to \(received.message.text)")
                    answer.properties.correlationID = received.message.properties.correlationID
                    #expect(
                        try await bench.channel.publish(answer, routingKey: replyTo, isMandatory: false).summary
                            == "confirmed"
                    )
                    try await bench.channel.acknowledge(received)

                    let reply = try #require(try await replies.next())
                    #expect(reply.message.text == "answer to \(number)")
                    #expect(reply.message.properties.correlationID == "c-\(number)")
                }
            }
        }
    }

    // RabbitMQ does not count the pseudo-queue as a route: it delivers the message, and returns it all the same.
    @Test("a mandatory answer is returned, although it arrives", arguments: BrokerUnderTest.all)
    func mandatory(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "mandatory-answer") { bench in
            let client = try await bench.connection.openChannel()
            try await client.enableConfirms()
            var replies = try await client.consume(
                Self.pseudoQueue,
                consumerTag: "replies",
                mode: .automaticAcknowledgement
            ).makeAsyncIterator()
            var request = Message("a")
            request.properties.replyTo = Self.pseudoQueue
            _ = try await client.publish(request, routingKey: bench.queue, isMandatory: true)
            var requests = try await bench.consume().makeAsyncIterator()
            let replyTo = try #require(try await requests.next()?.message.properties.replyTo)

            let outcome = try await bench.channel.publish(Message("b"), routingKey: replyTo, isMandatory: true)

            #expect(outcome.summary == "returned 312")
            #expect(try await replies.next()?.message.text == "b")
        }
    }

    // Nothing tells it from one that arrived.
    @Test("an answer to a requester that has gone is confirmed, and lost", arguments: BrokerUnderTest.all)
    func requesterGone(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "gone") { bench in
            try await withConnection(broker) { connection in
                let client = try await connection.openChannel()
                try await client.enableConfirms()
                _ = try await client.consume(Self.pseudoQueue, consumerTag: "c", mode: .automaticAcknowledgement)
                var request = Message("a")
                request.properties.replyTo = Self.pseudoQueue
                _ = try await client.publish(request, routingKey: bench.queue, isMandatory: true)
            }
            var requests = try await bench.consume().makeAsyncIterator()
            let received = try #require(try await requests.next())
            let replyTo = try #require(received.message.properties.replyTo)

            let outcome = try await bench.channel.publish(Message("late"), routingKey: replyTo, isMandatory: false)

            #expect(outcome.summary == "confirmed")
        }
    }
}
