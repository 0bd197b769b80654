import RabbitMQ
import TestSupport
import Testing

@Suite("Publishing with confirms", .timeLimit(.minutes(5)))
struct PublishTests {
    @Test("a message that a queue takes is confirmed, and in the queue", arguments: BrokerUnderTest.all)
    func confirmed(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "confirmed") { bench async throws in
            #expect(try await bench.publish(Message("a")).summary == "confirmed")
            #expect(try await bench.readyCount() == 1)
        }
    }

    @Test(
        "a mandatory message that no queue takes is returned with 312, and one that is not mandatory is confirmed",
        arguments: BrokerUnderTest.all
    )
    func returned(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "returned") { bench in
            let nowhere = TestBroker.uniqueName("nowhere")

            let mandatory = try await bench.channel.publish(Message("a"), routingKey: nowhere, isMandatory: true)
            let optional = try await bench.channel.publish(Message("b"), routingKey: nowhere, isMandatory: false)

            #expect(mandatory.summary == "returned 312")
            #expect(optional.summary == "confirmed")
        }
    }

    @Test("a full queue that rejects publishes makes a nack, and the channel lives on", arguments: BrokerUnderTest.all)
    func nacked(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "nacked", arguments: ["x-max-length": 1, "x-overflow": "reject-publish"]) {
            bench in
            try await bench.fill("a")

            #expect(try await bench.publish(Message("b")).summary == "nacked")
            #expect(try await bench.channel.purgeQueue(bench.queue) == 1)
            #expect(try await bench.publish(Message("c")).summary == "confirmed")
        }
    }

    @Test(
        "a thousand messages published at once are all confirmed and all there",
        arguments: BrokerUnderTest.all,
        ["classic", "quorum"]
    )
    func thousand(broker: BrokerUnderTest, type: String) async throws {
        try await Bench.with(broker, "thousand", arguments: ["x-queue-type": .string(type)]) { bench in
            let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<1000 {
                    group.addTask { try await bench.publish(Message("\(number)", id: "\(number)")).summary }
                }
                return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }

            #expect(outcomes == ["confirmed": 1000])
            #expect(try await bench.channel.purgeQueue(bench.queue) == 1000)
        }
    }

    @Test("returned and confirmed are told apart for each message of a mixed flight", arguments: BrokerUnderTest.all)
    func mixed(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "mixed") { bench in
            let nowhere = TestBroker.uniqueName("nowhere")
            let outcomes = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<200 {
                    let routingKey = number.isMultiple(of: 3) ? nowhere : bench.queue
                    group.addTask {
                        let outcome = try await bench.channel.publish(
                            Message("\(number)", id: "\(number)"),
                            routingKey: routingKey,
                            isMandatory: true
                        )
                        return (number, outcome.summary)
                    }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }

            #expect(outcomes.count == 200)
            for (number, outcome) in outcomes {
                #expect(outcome == (number.isMultiple(of: 3) ? "returned 312" : "confirmed"), "message \(number)")
            }
        }
    }

    @Test("two channels of one connection count their confirms apart", arguments: BrokerUnderTest.all)
    func twoChannels(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "two-channels") { bench in
            let second = try await bench.connection.openChannel()
            try await second.enableConfirms()
            try await bench.fill("a", "b")

            let outcome = try await second.publish(Message("c"), routingKey: bench.queue, isMandatory: true)

            #expect(outcome.summary == "confirmed")
            #expect(second.generation > bench.channel.generation)
        }
    }

    @Test(
        "a channel that is not in confirm mode refuses to publish, and works once it is",
        arguments: BrokerUnderTest.all
    )
    func withoutConfirms(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "without-confirms") { bench in
            let channel = try await bench.connection.openChannel()

            let error = await #expect(throws: RabbitMQError.self) {
                _ = try await channel.publish(Message("a"), routingKey: bench.queue, isMandatory: true)
            }

            #expect(error?.code == .invalidArgument)
            try await channel.enableConfirms()
            try await channel.enableConfirms()
            let outcome = try await channel.publish(Message("a"), routingKey: bench.queue, isMandatory: true)
            #expect(outcome.summary == "confirmed")
        }
    }

    @Test(
        "a caller that is cancelled before its message is sent gets an error, and nothing is published",
        arguments: BrokerUnderTest.all
    )
    func cancelledCaller(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "cancelled-caller") { bench async throws in
            let publishing = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await bench.publish(Message("a")).summary
            }

            let error = await #expect(throws: RabbitMQError.self) { _ = try await publishing.value }
            #expect(error?.code == .cancelled)
            #expect(try await bench.publish(Message("b")).summary == "confirmed")
            #expect(try await bench.readyCount() == 1)
        }
    }

    @Test(
        "publishing to an exchange that does not exist puts the message in doubt and ends the channel alone",
        arguments: BrokerUnderTest.all
    )
    func missingExchange(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "missing-exchange") { bench in
            let outcome = try await bench.channel.publish(
                Message("a"),
                exchange: TestBroker.uniqueName("exchange"),
                routingKey: "x",
                isMandatory: true
            )

            guard case .inDoubt(let reason) = outcome else {
                Issue.record("it was \(outcome.summary)")
                return
            }
            #expect(reason.code == .channelClosed)
            #expect(reason.replyCode == 404)
            let error = await #expect(throws: RabbitMQError.self) { _ = try await bench.publish(Message("b")) }
            #expect(error?.code == .channelClosed)
            #expect(await bench.connection.closed == nil)
            let next = try await bench.connection.openChannel()
            try await next.enableConfirms()
            let again = try await next.publish(Message("c"), routingKey: bench.queue, isMandatory: true)
            #expect(again.summary == "confirmed")
        }
    }

    // Each of the flight is confirmed before the channel error, in doubt because of it, or was never sent; none hangs
    // and nothing is called confirmed that is not in the queue.
    @Test("a channel error in a flight of messages answers every one of them", arguments: BrokerUnderTest.all)
    func channelErrorInFlight(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "flight") { bench async throws in
            let missing = TestBroker.uniqueName("exchange")
            let outcomes = await withTaskGroup(of: String.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(RabbitMQError) {
                            let outcome = try await bench.channel.publish(
                                Message("\(number)", id: "\(number)"),
                                exchange: number == 50 ? missing : "",
                                routingKey: bench.queue,
                                isMandatory: true
                            )
                            return outcome.summary
                        } catch {
                            return "not sent: \(error.code)"
                        }
                    }
                }
                return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }

            let known: Set = ["confirmed", "in doubt: channelClosed", "not sent: channelClosed"]
            #expect(known.isSuperset(of: outcomes.keys), "\(outcomes)")
            #expect(outcomes.values.reduce(0, +) == 100)
            #expect(outcomes["in doubt: channelClosed", default: 0] >= 1)
            #expect(try await bench.readyCount() >= outcomes["confirmed", default: 0])
        }
    }
}
