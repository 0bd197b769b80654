import RabbitMQ
import TestSupport
import Testing

@Suite("The life of a channel", .timeLimit(.minutes(5)))
struct ChannelLifeTests {
    @Test(
        "a closed channel throws, can be closed again, and leaves its connection open",
        arguments: BrokerUnderTest.all
    )
    func closed(broker: BrokerUnderTest) async throws {
        try await Bench.with(broker, "closed") { bench in
            let deliveries = try await bench.consume()
            await bench.channel.close()
            await bench.channel.close()

            let publishing = await #expect(throws: RabbitMQError.self) { _ = try await bench.publish(Message("a")) }
            #expect(publishing?.code == .channelClosed)
            let asking = await #expect(throws: RabbitMQError.self) { try await bench.channel.setPrefetch(1) }
            #expect(asking?.code == .channelClosed)
            let consuming = await #expect(throws: RabbitMQError.self) { for try await _ in deliveries {} }
            #expect(consuming?.code == .closedByUs)
            #expect(await bench.connection.closed == nil)
        }
    }

    // A frame on a channel number after its channel.close is a connection error (504), so nothing may be sent between
    // our close and the broker's answer to it.
    @Test(
        "a channel that closes while others publish, ask and settle on it does not take the connection with it",
        arguments: BrokerUnderTest.all
    )
    func closedInUse(broker: BrokerUnderTest) async throws {
        for round in 0..<20 {
            try await Bench.with(broker, "closed-in-use", prefetch: 100) { bench in
                try await bench.fill("a", "b", "c")
                var iterator = try await bench.consume().makeAsyncIterator()
                let delivery = try #require(try await iterator.next())
                let other = try #require(try await iterator.next())

                await withTaskGroup { group in
                    for number in 0..<30 {
                        group.addTask { _ = try? await bench.publish(Message("\(number)")) }
                        group.addTask { try? await bench.channel.setPrefetch(UInt16(number + 1)) }
                        if number == round { group.addTask { await bench.channel.close() } }
                        if number == round + 1 { group.addTask { await bench.channel.close() } }
                        if number == round + 2 { group.addTask { try? await bench.channel.acknowledge(delivery) } }
                        if number == round + 3 {
                            group.addTask { try? await bench.channel.reject(other, requeue: true) }
                        }
                    }
                }

                try await bench.connection.openChannel().setPrefetch(1)
                #expect(await bench.connection.closed == nil)
            }
        }
    }

    @Test("channels have ascending generations, also over connections", arguments: BrokerUnderTest.all)
    func generations(broker: BrokerUnderTest) async throws {
        var generations: [ChannelGeneration] = []
        for _ in 1...2 {
            try await withConnection(broker) { connection in
                for _ in 1...3 { generations.append(try await connection.openChannel().generation) }
            }
        }

        #expect(generations == generations.sorted())
        #expect(Set(generations).count == 6)
    }

    @Test("channel numbers are not used again, and when all are used an error says so", arguments: BrokerUnderTest.all)
    func exhausted(broker: BrokerUnderTest) async throws {
        try await withConnection(broker) { connection in
            for _ in 1...2047 { await (try connection.openChannel()).close() }

            let error = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }

            #expect(error?.code == .channelsExhausted)
            #expect(await connection.closed == nil)
        }
    }
}
