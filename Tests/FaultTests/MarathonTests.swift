import Foundation
import RabbitMQ
import TestSupport
import Testing

extension FaultTests {
    @Suite("A marathon", .timeLimit(.minutes(10)))
    struct MarathonTests {
        // In a process of its own, so that memory, threads and descriptors are the client's alone.
        @Test("200 connections killed at random moments under 20 000 messages lose none and leave nothing behind")
        func marathon() async throws {
            try await withNode { node in
                let queue = try await node.declareQueue("marathon", type: "quorum")
                let uri = node.uri
                // The broker's part. A few more than are waited for: one may hit a connection that is ending already.
                async let killing: Void = node.killConnections(
                    count: 210,
                    meanPauseMilliseconds: 70,
                    named: "marathon",
                    by: .either
                )

                let result = await #expect(
                    processExitsWith: .success,
                    observing: [\.standardOutputContent]
                ) { [uri = uri as String, queue = queue as String] in
                    do {
                        try await Marathon(uri: uri, queue: queue).run()
                        print("marathon: done")
                    } catch {
                        print("marathon: \(error)")
                    }
                }

                let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
                print(output)
                #expect(output.contains("marathon: done"), "\(output)")
                try await killing
                #expect(try await node.takeAll(from: queue) == [])
            }
        }
    }
}

/// A load that goes on until enough messages went through and enough connections were lost.
private struct Marathon {
    let uri: String
    let queue: String

    private static let messageCount = 20_000
    private static let killCount = 200
    /// Ends a run that does not end; a busy machine has taken 120 s.
    private static let limit = Duration.seconds(420)

    func run() async throws {
        let books = Books()
        let policy = RecoveryPolicy(firstPause: .milliseconds(10), longestPause: .milliseconds(200))
        let configuration = try ConnectionConfiguration(uri: uri, connectionName: "marathon")
        let rabbits = (0..<2).map { _ in
            RecoveringConnection([configuration], policy: policy) { event in
                if case .closed(let error) = event, error.code != .closedByUs { Task { await books.lost() } }
            }
        }
        try await withThrowingTaskGroup { group in
            for rabbit in rabbits { group.addTask { await rabbit.run() } }
            try await work(over: rabbits, books)
            group.cancelAll()
        }

        let summary = await books.summary
        print("marathon: \(summary)")
        try await expect("\(Self.killCount) connections were lost") { await books.losses >= Self.killCount }
        try await expect("every confirmed message was consumed") { await books.missing.isEmpty }
        try await eventually("no thread is left") { try threadCount(named: "marathon") == 0 }
        let growth = await books.growth
        // Each channel number costs librabbitmq a page, and the books grow; a leak of connections would be 0.6 MiB each.
        try await expect("memory is flat: \(growth)") { growth.memory < 24 << 20 }
        try await expect("no descriptor is left: \(growth)") { growth.descriptors < 10 }
    }

    private func work(over rabbits: [RecoveringConnection], _ books: Books) async throws {
        let publisher = RecoveringPublisher(rabbits[0])
        let consumer = RecoveringConsumer(
            rabbits[1],
            ConsumerDeclaration(queue: queue, consumerTag: "marathon"),
            prefetch: 100
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await consume(consumer, books) }
            try await withThrowingTaskGroup { publishers in
                for _ in 0..<32 {
                    publishers.addTask {
                        while let number = await books.number(of: Self.messageCount, Self.killCount, within: Self.limit)
                        {
                            try await publish(number, over: publisher, books)
                        }
                    }
                }
                try await publishers.waitForAll()
            }
            // A connection killed now would take the last acknowledgement with it.
            try await eventually("the killing is over") { await books.quiet > .seconds(5) }
            // The last: what is delivered again goes before it.
            try await publish(0, over: publisher, books)
            try await group.waitForAll()
        }
    }

    /// Consumes up to message 0. By subscriptions, since a quorum queue forgets acknowledgements that come right before
    /// the end of their channel (rabbitmq-server issue 10327), and answers a cancel when it has them all.
    private func consume(_ consumer: RecoveringConsumer, _ books: Books) async throws {
        while let subscription = await consumer.subscribe() {
            var deliveries = subscription.deliveries.makeAsyncIterator()
            // Its end is followed by another.
            while let delivery = try? await deliveries.next() {
                let number = Int(delivery.message.properties.messageID ?? "")
                try await books.consumed(number, isRedelivered: delivery.isRedelivered)
                // Where the channel went meanwhile it is delivered again.
                try? await delivery.channel.acknowledge(delivery)
                guard number == 0 else { continue }
                try await subscription.channel.cancel(subscription.deliveries)
                return
            }
        }
    }

    /// Publishes until it is confirmed: what is in doubt is this caller's to repeat.
    private func publish(_ number: Int, over publisher: RecoveringPublisher, _ books: Books) async throws {
        var message = Message(body: Array(repeating: 0x78, count: 512))
        message.properties.messageID = "\(number)"
        message.properties.deliveryMode = .persistent
        while true {
            switch try await publisher.publish(message, routingKey: queue, isMandatory: true) {
            case .confirmed:
                await books.confirmed(number)
                return
            case .inDoubt: await books.inDoubt()
            case .returned, .nacked: throw NeverHappened(description: "\(number) was taken by the queue")
            }
        }
    }

    private func expect(_ what: String, _ condition: () async throws -> Bool) async throws {
        guard try await condition() else { throw NeverHappened(description: what) }
    }
}

/// What a marathon has seen.
private actor Books {
    private var issued = 0
    private var confirmedNumbers: Set<Int> = []
    private var consumedNumbers: Set<Int> = []
    private var duplicates = 0
    private var redeliveries = 0
    private var inDoubtCount = 0
    private(set) var losses = 0
    private let begun = ContinuousClock.now
    private var lastLoss = ContinuousClock.now
    /// How long no connection has been lost.
    var quiet: Duration { .now - lastLoss }
    private var atFirst: (memory: Int, descriptors: Int)?

    /// Numbers that were confirmed and never consumed.
    var missing: Set<Int> { confirmedNumbers.subtracting(consumedNumbers) }

    var summary: String {
        "\(confirmedNumbers.count) confirmed, \(consumedNumbers.count) consumed, missing \(missing.count); "
            + "\(losses) connections lost, \(inDoubtCount) publishes in doubt, \(redeliveries) redeliveries, "
            + "\(duplicates) copies; memory \(atFirst?.memory ?? 0) to \(residentBytes()) bytes"
    }

    var growth: (memory: Int, descriptors: Int) {
        (residentBytes() - (atFirst?.memory ?? 0), descriptorCount() - (atFirst?.descriptors ?? 0))
    }

    func number(of messageCount: Int, _ killCount: Int, within limit: Duration) -> Int? {
        guard issued < messageCount || losses < killCount, .now - begun < limit else { return nil }
        issued += 1
        return issued
    }

    func confirmed(_ number: Int) {
        confirmedNumbers.insert(number)
        // When all is warm: connections, pools, and the first losses.
        if confirmedNumbers.count == 2000 {
            confirmedNumbers.reserveCapacity(200_000)
            consumedNumbers.reserveCapacity(200_000)
            atFirst = (residentBytes(), descriptorCount())
        }
    }

    func consumed(_ number: Int?, isRedelivered: Bool) throws {
        guard let number, number <= issued else { throw NeverHappened(description: "a message is one of ours") }
        if isRedelivered { redeliveries += 1 }
        if !consumedNumbers.insert(number).inserted { duplicates += 1 }
    }

    func inDoubt() { inDoubtCount += 1 }
    func lost() {
        losses += 1
        lastLoss = .now
    }
}

private func residentBytes() -> Int {
    let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(statm.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}

private func descriptorCount() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
}

private func threadCount(named name: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
        let comm = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
        return comm?.trimmingCharacters(in: .newlines) == name
    }
}
