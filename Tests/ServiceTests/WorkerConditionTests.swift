import RabbitMQ
import Testing

@testable import TriggerWorker
@testable import adf_trigger

/// Whether a worker is ready and alive, by what it was told.
@Suite("The condition of a worker")
struct WorkerConditionTests {
    static let start = ContinuousClock.now
    static let lost = RabbitMQError(.connectionLost, "the broker went away")

    /// A worker that consumes.
    static func ready() -> WorkerCondition {
        var condition = WorkerCondition(now: start)
        _ = condition.note(.connected(address: "broker:5672"), on: .consume, start)
        _ = condition.note(.connected(address: "broker:5672"), on: .publish, start)
        condition.consumes(true, start)
        return condition
    }

    static func pause(_ message: String = "invalid_client: no") -> ServiceHealth.Pause {
        let target = Target(subscriptionID: "s", resourceGroup: "g", factory: "f", pipeline: "p")
        return ServiceHealth.Pause(reason: .credential, message: message, target: target)
    }

    // MARK: - Ready

    @Test("a worker that consumes is ready")
    func isReady() {
        #expect(Self.ready().reasons(pause: nil) == [])
    }

    @Test("a worker that has just begun is not")
    func isNew() {
        #expect(
            WorkerCondition(now: Self.start).reasons(pause: nil) == ["not-connected: there was no connection yet"]
        )
    }

    @Test("connected is not yet consuming")
    func isConnected() {
        var condition = Self.ready()
        condition.consumes(false, Self.start)

        #expect(
            condition.reasons(pause: nil) == ["not-consuming: the request queue has no consumer of this worker"]
        )
    }

    @Test("a lost connection is told with its cause, until there is another and it consumes")
    func isLost() {
        var condition = Self.ready()
        _ = condition.note(.closed(Self.lost), on: .consume, Self.start)
        condition.consumes(false, Self.start)

        #expect(condition.reasons(pause: nil) == ["not-connected: \(Self.lost)"])

        _ = condition.note(.connected(address: "broker:5672"), on: .consume, Self.start)
        #expect(condition.reasons(pause: nil).first?.hasPrefix("not-consuming") == true)

        condition.consumes(true, Self.start)
        #expect(condition.reasons(pause: nil) == [])
    }

    @Test("without the connection that publishes nothing can be answered")
    func cannotPublish() {
        var condition = Self.ready()
        _ = condition.note(.closed(Self.lost), on: .publish, Self.start)

        #expect(condition.reasons(pause: nil) == ["not-connected: publishing: \(Self.lost)"])
    }

    @Test("the connection for direct replies is opened when needed, and may be missing")
    func withoutDirect() {
        var condition = Self.ready()
        _ = condition.note(.connected(address: "broker:5672"), on: .direct, Self.start)
        _ = condition.note(.closed(Self.lost), on: .direct, Self.start)

        #expect(condition.reasons(pause: nil) == [])
    }

    @Test("a paused worker tells why, and not that it consumes nothing")
    func isPaused() {
        var condition = Self.ready()
        condition.consumes(false, Self.start)

        #expect(
            condition.reasons(pause: Self.pause()) == ["paused: credential: invalid_client: no"]
        )
    }

    @Test("a worker that was told to stop is draining, whatever else")
    func isDraining() {
        var condition = Self.ready()
        condition.stops()

        #expect(condition.reasons(pause: nil) == ["draining: the worker was told to stop"])
        #expect(condition.reasons(pause: Self.pause()).count == 2)
    }

    @Test("a long reason is cut between characters")
    func longReason() throws {
        let reasons = Self.ready().reasons(pause: Self.pause(String(repeating: "ü", count: 2000)))

        let reason = try #require(reasons.first)
        #expect(reason.utf8.count <= WorkerCondition.reasonByteLimit)
        #expect(reason.utf8.count > WorkerCondition.reasonByteLimit - 4)
        #expect(reason.hasSuffix("ü…"))
    }

    // MARK: - Connections

    @Test("losses and reconnects are counted, our own closing is neither")
    func linkChanges() {
        var condition = WorkerCondition(now: Self.start)
        let events: [ConnectionEvent] = [
            .connected(address: "a"), .blocked(reason: "memory"), .unblocked, .blocked(reason: "disk"),
            .closed(Self.lost), .retrying(Self.lost, address: "a", after: .zero), .connected(address: "a"),
            .closed(RabbitMQError(.closedByUs, "done")),
        ]

        let changes = events.map { condition.note($0, on: .consume, Self.start) }

        typealias Change = WorkerCondition.LinkChange
        #expect(
            changes == [
                Change(isConnected: true, isBlocked: false), Change(isConnected: true, isBlocked: true),
                Change(isConnected: true, isBlocked: false), Change(isConnected: true, isBlocked: true),
                Change(isConnected: false, isBlocked: false, wasLost: true),
                Change(isConnected: false, isBlocked: false),
                Change(isConnected: true, isBlocked: false, isReconnect: true),
                Change(isConnected: false, isBlocked: false),
            ]
        )
    }

    // MARK: - Alive

    static let limit = Duration.seconds(1000)
    static let later = start + limit + .seconds(1)

    @Test("a worker that waits for requests is alive for ever")
    func idle() {
        #expect(Self.ready().stillness(limit: Self.limit, Self.later + .seconds(1_000_000)) == nil)
    }

    @Test("a worker that holds requests and does not move is dead when the limit has passed")
    func stuck() {
        var condition = Self.ready()
        condition.began(Self.start)

        #expect(condition.stillness(limit: Self.limit, Self.start + Self.limit) == nil)
        #expect(condition.stillness(limit: Self.limit, Self.later) == Self.limit + .seconds(1))
    }

    @Test("whatever moves shows that it lives")
    func moves() {
        let moves: [(inout WorkerCondition, ContinuousClock.Instant) -> Void] = [
            { $0.turned($1) }, { $0.began($1) }, { $0.ended($1) }, { $0.consumes(false, $1) },
            { _ = $0.note(.retrying(Self.lost, address: "a", after: .zero), on: .consume, $1) },
        ]
        for move in moves {
            var condition = Self.ready()
            condition.began(Self.start)
            condition.began(Self.start)
            move(&condition, Self.start + .seconds(10))

            #expect(condition.stillness(limit: Self.limit, Self.later) == nil)
            #expect(condition.stillness(limit: Self.limit, Self.later + .seconds(10)) != nil)
        }
    }

    @Test("a worker that neither consumes nor tries to is dead too")
    func lostConsumer() {
        var condition = Self.ready()
        condition.consumes(false, Self.start)

        #expect(condition.stillness(limit: Self.limit, Self.later) != nil)
    }

    @Test("while the broker takes no messages nothing can move, and that is nobody's death")
    func blocked() {
        var condition = Self.ready()
        condition.began(Self.start)
        _ = condition.note(.blocked(reason: "memory"), on: .publish, Self.start)

        #expect(condition.stillness(limit: Self.limit, Self.later) == nil)

        _ = condition.note(.unblocked, on: .publish, Self.later)
        #expect(condition.stillness(limit: Self.limit, Self.later + Self.limit + .seconds(1)) != nil)
    }
}
