import Logging
import RabbitMQ
import RabbitMQTesting
import TestSupport
import Testing

@testable import TriggerWorker
@testable import adf_trigger

/// The copies that come back, at a broker that makes trouble.
@Suite("Putting a request back", .timeLimit(.minutes(5)))
struct PostponedCopyTests {
    private static let topology = Topology()
    private static let later = Postponement(.unavailable, delay: .seconds(5), history: RequestHistory())
    private static let delayed = "adf.trigger.delay.5"

    /// Takes one request off the request queue, puts it back, and returns the copies.
    ///
    /// - Parameter trouble: Made while it is put back, at a broker that confirms nothing until it is told to.
    private static func copies(
        of properties: MessageProperties = MessageProperties(),
        _ postponement: Postponement = later,
        trouble: (@Sendable (InMemoryBroker) async throws -> Void)? = nil
    ) async throws -> [Delivery] {
        let broker = InMemoryBroker()
        let connection = try await Connection.open(broker.configuration())
        try await topology.prepare(.declare, over: connection)
        let channel = try await connection.openChannel()
        try await channel.enableConfirms()
        let message = Message(properties: properties, body: Array(#"{"target":"nightly"}"#.utf8))
        _ = try await channel.publish(message, routingKey: topology.requests, isMandatory: true)
        let delivery = try #require(try await channel.get(topology.requests)).delivery
        let publishing = RecoveringConnection(
            [broker.configuration()],
            policy: RecoveryPolicy(firstPause: .milliseconds(1), longestPause: .milliseconds(10))
        )
        let publisher = Publisher(
            publisher: RecoveringPublisher(publishing),
            topology: topology,
            identity: IdentitySource(),
            trust: nil,
            direct: DirectReplies([broker.configuration()]),
            worker: WorkerInstance(),
            monitor: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await publishing.run() }
            defer { group.cancelAll() }
            if trouble != nil { broker.holdConfirms() }
            async let troubled: Void? = trouble?(broker)
            try await publisher.postpone(delivery, postponement, as: RequestIdentity("order-1"))
            _ = try await troubled
        }
        let reading = try await Connection.open(broker.configuration()).openChannel()
        var copies: [Delivery] = []
        while let (copy, _) = try await reading.get(delayed) { copies.append(copy) }
        return copies
    }

    private static func history(_ copy: Delivery) -> RequestHistory {
        RequestHistory(copy, deliveryLimit: 50)
    }

    @Test("one copy comes back, and says what it has been through")
    func one() async throws {
        var postponement = Self.later
        postponement.history.attempts = 3
        postponement.history.isInDoubt = true

        let copies = try await Self.copies(postponement)

        let history = Self.history(try #require(copies.first))
        #expect(copies.count == 1)
        #expect(history.wasPostponed)
        #expect(history.attempts == 3)
        #expect(history.isInDoubt)
        #expect(!history.mayBeInFlight)
    }

    @Test("of two copies, where the confirm of the first was lost, the second waits for what the first may start")
    func twins() async throws {
        let copies = try await Self.copies { broker in
            try await eventually("the copy is there") { broker.messages(in: Self.delayed).count == 1 }
            broker.dropConnections()
            broker.releaseConfirms()
        }

        let histories = copies.map { Self.history($0) }
        #expect(histories.map { $0.twinWaits } == [0, 1])
        #expect(histories.map { $0.mayBeInFlight } == [false, true])
    }

    // Its first holder may have put it back and been killed before the acknowledgement; the second as well. What they put
    // back comes due about when this one does.
    @Test("the copy of a redelivered request waits longer than those made before the crash", arguments: [1, 2, 3, 9])
    func redelivered(deliveries: Int) async throws {
        var postponement = Self.later
        postponement.history.isRedelivered = true
        postponement.history.deliveries = deliveries

        var waits: [Int] = []
        repeat {
            let copy = try #require(try await Self.copies(postponement).first)
            postponement.history = Self.history(copy)
            waits.append(postponement.history.twinWaits)
            #expect(postponement.history.mayBeInFlight == (waits.last != 0))
        } while postponement.history.mayBeInFlight

        #expect(waits == Array((0...min(deliveries, 3)).reversed()))
    }

    @Test("what an earlier copy said does not stay when it is true no more")
    func forgotten() async throws {
        var properties = MessageProperties()
        properties.headers = ["paused-since": "2020-01-01T00:00:00Z", "twin": 1, "in-doubt": true, "mine": "kept"]

        let copy = try #require(try await Self.copies(of: properties).first)

        let history = Self.history(copy)
        #expect(history.pausedSince == nil)
        #expect(history.twinWaits == 0)
        #expect(!history.isInDoubt)
        #expect(copy.message.properties.headers?["mine"] == "kept")
    }

    @Test("where the headers do not fit one frame any more, the publisher's stay behind, and the request comes back")
    func headersTooLarge() async throws {
        var properties = MessageProperties()
        properties.messageID = "order-1"
        properties.headers = ["generation": .int64(2), "big": .string(String(repeating: "x", count: 130_900))]

        let copy = try #require(try await Self.copies(of: properties).first)

        #expect(copy.message.properties.messageID == "order-1")
        #expect(copy.message.properties.headers?["big"] == nil)
        #expect(copy.message.properties.headers?["origin-headers-dropped"] == .bool(true))
        #expect(Self.history(copy).generation == 2)
        #expect(Self.history(copy).wasPostponed)
    }
}
