import Dispatch
import Glibc
import IOLoop
import RabbitMQ
import RabbitMQTesting
import Synchronization
import TestSupport
import Testing

@Suite("Several connections on one thread", .timeLimit(.minutes(5)))
struct SharedThreadTests {
    private static func thread() throws -> IOThread { try .forConnections(named: "shared") }

    @Test("each is served, and one that ends does not end the others")
    func several() async throws {
        let broker = InMemoryBroker()
        var configuration = broker.configuration()
        configuration.thread = try Self.thread()
        let consuming = try await Connection.open(configuration)
        let publishing = try await Connection.open(configuration)
        let (source, sink) = (try await consuming.openChannel(), try await publishing.openChannel())
        try await source.declare(QueueDeclaration(name: "work"))
        try await source.setPrefetch(10)
        try await sink.enableConfirms()
        let deliveries = try await source.consume("work", consumerTag: "c")

        for round in 1...3 {
            let outcome = try await sink.publish(Message("\(round)"), routingKey: "work", isMandatory: true)
            guard case .confirmed = outcome else { throw NeverHappened(description: "a confirm, not \(outcome)") }
        }
        await publishing.close()
        var bodies: [String] = []
        for try await delivery in deliveries {
            bodies.append(String(decoding: delivery.message.body, as: UTF8.self))
            try await source.acknowledge(delivery)
            if bodies.count == 3 { break }
        }

        #expect(bodies == ["1", "2", "3"])
        try await eventually("all are settled") { broker.unacknowledgedCount(in: "work") == 0 }
        #expect(await source.isOpen)
        await consuming.close()
    }

    @Test("one that is being opened, for however long, keeps none of the others")
    func slowOpening() async throws {
        let broker = InMemoryBroker()
        let latch = Latch()
        var configuration = broker.configuration()
        configuration.thread = try Self.thread()
        let connection = try await Connection.open(configuration)
        configuration.link = { _ throws(RabbitMQError) in
            latch.wait()
            throw RabbitMQError(.unreachable, "nobody answers")
        }
        let slow = configuration

        let opening = Task { try await Connection.open(slow) }
        try await eventually("it waits for its broker") { latch.isWaiting }
        let channel = try await connection.openChannel()
        try await channel.declare(QueueDeclaration(name: "work"))
        latch.open()

        await #expect(throws: RabbitMQError.self) { try await opening.value }
        await connection.close()
    }

    // Both wait for the reading, which wakes both; the first keeps the thread before the second looks.
    @Test("whether a channel is open is not said by what was read before somebody kept the thread")
    func keptBetween() async throws {
        let broker = InMemoryBroker()
        var configuration = broker.configuration()
        let thread = try Self.thread()
        configuration.thread = thread
        let connection = try await Connection.open(configuration)
        let channel = try await connection.openChannel()
        let neighbour = Neighbour(thread)

        let answers = await withTaskGroup(of: (Int, Bool).self) { group in
            group.addTask(executorPreference: thread) {
                await neighbour.keep()
                return await withTaskGroup(of: (Int, Bool).self) { both in
                    both.addTask { (1, await neighbour.ask(channel) { broker.dropConnections() }) }
                    both.addTask { (2, await neighbour.ask(channel) {}) }
                    var last = (0, false)
                    for await answer in both where answer.0 == 2 { last = answer }
                    return last
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }

        #expect(answers == [2: false])
        await connection.close()
    }

    /// Lives on the same thread.
    private actor Neighbour {
        nonisolated let thread: IOThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        init(_ thread: IOThread) { self.thread = thread }

        /// For longer than what was read counts as new.
        func keep() { usleep(1_200_000) }

        /// Keeps the thread right after it was told.
        func ask(_ channel: Channel, then change: @Sendable () -> Void) async -> Bool {
            let isOpen = await channel.isOpen
            change()
            keep()
            return isOpen
        }
    }

    /// Keeps a thread until it is opened.
    private final class Latch: Sendable {
        private let waiting = Mutex(false)
        private let semaphore = DispatchSemaphore(value: 0)

        var isWaiting: Bool { waiting.withLock { $0 } }

        func open() { semaphore.signal() }

        func wait() {
            waiting.withLock { $0 = true }
            semaphore.wait()
        }
    }
}
