import RabbitMQ
import RabbitMQTesting
import Testing

// The example of the documentation, word for word but for its being private: one that does not run is worse than none.

/// What is to be tested: answers every request with its text in capitals, until its task is cancelled.
private func serve(_ configuration: ConnectionConfiguration) async throws {
    let connection = try await Connection.open(configuration)
    let channel = try await connection.openChannel()
    try await channel.enableConfirms()
    try await channel.setPrefetch(1)
    for try await request in try await channel.consume("requests", consumerTag: "worker") {
        let text = String(decoding: request.message.body, as: UTF8.self)
        let reply = Message(body: Array(text.uppercased().utf8))
        _ = try await channel.publish(reply, routingKey: "replies", isMandatory: true)
        try await channel.acknowledge(request)
    }
    await connection.close()
}

/// The requester's side: a channel that publishes and consumes.
private func openChannel(_ broker: InMemoryBroker) async throws -> Channel {
    let channel = try await Connection.open(broker.configuration()).openChannel()
    try await channel.enableConfirms()
    try await channel.setPrefetch(10)
    return channel
}

@Test("a request whose worker lost its connection is answered by the next", .timeLimit(.minutes(5)))
func lostConnection() async throws {
    let broker = InMemoryBroker()
    let requester = try await openChannel(broker)
    try await requester.declare(QueueDeclaration(name: "requests"))
    try await requester.declare(QueueDeclaration(name: "replies"))
    let request = Message(body: Array("hello".utf8))
    _ = try await requester.publish(request, routingKey: "requests", isMandatory: true)

    // Its reply arrives, but the worker does not learn that, and has not acknowledged when it loses its connection.
    broker.holdConfirms()
    let first = Task { try await serve(broker.configuration()) }
    var replies = try await requester.consume("replies", consumerTag: "test").makeAsyncIterator()
    #expect(try await replies.next()?.message.body == Array("HELLO".utf8))
    broker.dropConnections()
    await #expect(throws: RabbitMQError.self) { try await first.value }
    #expect(broker.messages(in: "requests") == [request])
    #expect(broker.connectionCount == 0)

    broker.releaseConfirms()
    let second = Task { try await serve(broker.configuration()) }
    replies = try await openChannel(broker).consume("replies", consumerTag: "test").makeAsyncIterator()
    for _ in 1...2 { #expect(try await replies.next()?.message.body == Array("HELLO".utf8)) }
    second.cancel()
    try await second.value
    #expect(broker.messages(in: "requests").isEmpty)
    #expect(broker.unacknowledgedCount(in: "requests") == 0)
}
