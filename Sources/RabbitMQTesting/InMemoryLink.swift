internal import DequeModule
import RabbitMQ

/// The link to a broker in the same process.
final class InMemoryLink: Link {
    let terms: ConnectionTerms
    private let broker: InMemoryBroker
    private let session: SessionID
    private let wakeUp: WakeUp
    /// What the broker has handed over and nobody has taken yet.
    private var frames: Deque<Frame> = []

    /// Logs in.
    ///
    /// - Throws: ``RabbitMQError`` as a login to a node: what the broker refuses it with, or `unreachable` while it is
    ///   stopped.
    init(_ configuration: ConnectionConfiguration, to broker: InMemoryBroker) throws(RabbitMQError) {
        wakeUp = try WakeUp()
        session = try broker.open(user: configuration.user, virtualHost: configuration.virtualHost, wakeUp)
        self.broker = broker
        // As RabbitMQ offers; nothing is lost in here, so the heartbeat only says how often the connection looks.
        terms = ConnectionTerms(
            frameByteCount: 131_072,
            heartbeatSeconds: min(60, max(1, Int(configuration.heartbeat.components.seconds))),
            channelMaximum: 2047
        )
    }

    deinit {
        broker.change { $0.lost(session) }
    }

    var descriptor: Int32 { wakeUp.descriptor }
    var isWritable: Bool { true }

    func nextFrame() throws(RabbitMQError) -> Frame? {
        if let frame = frames.popFirst() { return frame }
        wakeUp.clear()
        let (arrived, isOver) = broker.change { $0.takeFrames(of: session) }
        frames.append(contentsOf: arrived)
        guard let frame = frames.popFirst() else {
            guard !isOver else { throw RabbitMQError(.connectionLost, "the in-memory broker dropped the connection") }
            return nil
        }
        return frame
    }

    func send(_ command: Command, channel: UInt16) throws(RabbitMQError) -> Bool {
        broker.change { $0.receive(command, channel: channel, from: session) }
        return true
    }

    func sendMore() throws(RabbitMQError) -> Bool { true }

    func blocked(_ isBlocked: Bool) {}
}
