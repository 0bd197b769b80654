import RabbitMQ
import TestSupport
import Testing

@Suite("Declaring and asking about queues", .timeLimit(.minutes(5)))
struct QueueTests {
    @Test("a new queue is empty, and its status counts what comes and who consumes", arguments: BrokerUnderTest.all)
    func status(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "status") { bench in
            let fresh = try await bench.channel.status(ofQueue: bench.queue)
            #expect(fresh.name == bench.queue)
            #expect(fresh.readyCount == 0)
            #expect(fresh.consumerCount == 0)

            try await bench.fill("a", "b")
            let again = try await bench.channel.declare(QueueDeclaration(name: bench.queue))
            #expect(again.readyCount == 2)

            _ = try await bench.consume()
            let consumed = try await bench.channel.status(ofQueue: bench.queue)
            #expect(consumed.consumerCount == 1)
        }
    }

    @Test("a queue without a name gets one from the broker", arguments: BrokerUnderTest.all)
    func brokerChoosesName(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()

            let status = try await channel.declare(QueueDeclaration(name: "", isDurable: false, isExclusive: true))

            #expect(status.name.hasPrefix("amq.gen-"))
        }
    }

    @Test("purging and deleting say how many messages went", arguments: BrokerUnderTest.all)
    func purgeAndDelete(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "purge") { bench in
            try await bench.fill("a", "b", "c")
            #expect(try await bench.channel.purgeQueue(bench.queue) == 3)
            #expect(try await bench.channel.purgeQueue(bench.queue) == 0)
            try await bench.fill("d")
            #expect(try await bench.channel.deleteQueue(bench.queue) == 1)
            #expect(try await bench.channel.deleteQueue(bench.queue) == 0)
        }
    }

    @Test(
        "asking about a queue that does not exist closes the channel with 404, and the connection lives on",
        arguments: BrokerUnderTest.all
    )
    func missing(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            let channel = try await connection.openChannel()

            let error = try await #require(throws: RabbitMQError.self) {
                _ = try await channel.status(ofQueue: TestBroker.uniqueName("missing"))
            }

            #expect(error.code == .channelClosed)
            #expect(error.replyCode == 404)
            #expect(error.isRetryable)
            let afterwards = await #expect(throws: RabbitMQError.self) { try await channel.setPrefetch(1) }
            #expect(afterwards?.code == .channelClosed)
            #expect(await connection.closed == nil)
            try await connection.openChannel().setPrefetch(1)
        }
    }

    @Test(
        "declaring a queue with another argument closes the channel with 406, which names the argument",
        arguments: BrokerUnderTest.all
    )
    func inequivalent(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "inequivalent", arguments: ["x-max-length": 5]) { bench in
            let error = try await #require(throws: RabbitMQError.self) {
                _ = try await bench.channel.declare(QueueDeclaration(name: bench.queue, arguments: ["x-max-length": 6]))
            }

            #expect(error.code == .channelClosed)
            #expect(error.replyCode == 406)
            #expect(error.message.contains("x-max-length"))
            #expect(!error.isRetryable)
        }
    }

    @Test("another connection's exclusive queue is refused with 405", arguments: BrokerUnderTest.all)
    func exclusive(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { owner in
            let queue = TestBroker.uniqueName("exclusive")
            _ = try await owner.openChannel().declare(
                QueueDeclaration(name: queue, isDurable: false, isExclusive: true)
            )

            try await withConnection(broker) { other in
                let channel = try await other.openChannel()
                let error = await #expect(throws: RabbitMQError.self) { _ = try await channel.status(ofQueue: queue) }
                #expect(error?.code == .channelClosed)
                #expect(error?.replyCode == 405)
                #expect(error?.isRetryable == true)
            }
        }
    }

    @Test("names and arguments that do not fit are refused before anything is sent", arguments: BrokerUnderTest.all)
    func limits(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "limits") { bench async throws in
            let tooLong = String(repeating: "q", count: 256)
            let huge: FieldTable = ["x": .string(String(repeating: "a", count: 131_072))]
            let attempts: [@Sendable () async throws -> Void] = [
                { _ = try await bench.channel.declare(QueueDeclaration(name: tooLong)) },
                { _ = try await bench.channel.declare(QueueDeclaration(name: bench.queue, arguments: huge)) },
                { _ = try await bench.channel.status(ofQueue: tooLong) },
                { try await bench.channel.purgeQueue(tooLong) },
                { try await bench.channel.deleteQueue(tooLong) },
                { _ = try await bench.channel.consume(tooLong, consumerTag: "c") },
                { _ = try await bench.channel.consume(bench.queue, consumerTag: tooLong) },
            ]

            for attempt in attempts {
                let error = await #expect(throws: RabbitMQError.self) { try await attempt() }
                #expect(error?.code == .invalidArgument)
            }
            #expect(try await bench.channel.status(ofQueue: bench.queue).readyCount == 0)
        }
    }

    @Test("answers come to whom they belong while many ask at once over one channel", arguments: BrokerUnderTest.all)
    func concurrentRequests(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "concurrent") { bench in
            try await bench.fill("a")
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            return try await bench.channel.status(ofQueue: bench.queue).readyCount
                        }
                        try await bench.channel.setPrefetch(UInt16(number))
                        return 1
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }

            #expect(counts == [Int](repeating: 1, count: 100))
        }
    }
}
