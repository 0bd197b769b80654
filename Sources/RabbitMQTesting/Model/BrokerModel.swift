internal import DequeModule
import RabbitMQ

/// What a RabbitMQ node does, as a value: commands of its connections go in, frames for them come out.
///
/// Pure: no I/O, and no clock but the one that ``advance(by:)`` moves.
struct BrokerModel {
    /// What a body frame carries: RabbitMQ's frame size less a frame's own 8 bytes.
    static let bodyFrameByteCount = 131_064

    var sessions: [SessionID: Session] = [:]
    var queues: [String: Queue] = [:]
    var exchanges = Exchange.predeclared
    var consumers: [ConsumerID: Consumer] = [:]
    /// Since the broker was made.
    private(set) var now: Duration = .zero
    private let startedAtSeconds: UInt64

    // Faults.
    var isRunning = true
    /// What logins are refused with.
    var loginRefusal: RabbitMQError.Code?
    /// Why publishing is blocked.
    var alarm: String?
    var areConfirmsHeld = false

    private var lastNumber: UInt64 = 0
    private var awakened: Set<SessionID> = []

    /// - Parameter startedAtSeconds: What the clock says at first, in seconds since 1970.
    init(startedAtSeconds: UInt64) {
        self.startedAtSeconds = startedAtSeconds
    }

    /// Seconds since 1970, for x-death.
    var timestamp: UInt64 { startedAtSeconds + UInt64(now.components.seconds) }

    /// The connections that have got something to read, or come to an end, since the last call.
    mutating func takeAwakened() -> Set<SessionID> {
        defer { awakened.removeAll(keepingCapacity: true) }
        return awakened
    }

    /// A number that nothing else has.
    mutating func makeNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    // MARK: - Time

    /// Lets time pass: messages expire, and queues that nobody uses go.
    mutating func advance(by duration: Duration) {
        now += duration
        for name in queues.keys.sorted() {
            deliver(from: name)
            guard let queue = queues[name], let life = queue.arguments.queueLife, queue.consumers.isEmpty,
                now - queue.lastUsed >= life
            else { continue }
            delete(queue: name)
        }
    }

    // MARK: - Frames out

    /// Leaves a method for a connection to read.
    mutating func send(_ method: Method, _ number: UInt16, to id: SessionID) {
        sessions[id]?.outbox.append(.method(channel: number, method))
        awake(id)
    }

    /// Leaves a method and its content for a connection to read.
    mutating func send(_ method: Method, _ message: Message, _ number: UInt16, to id: SessionID) {
        var frames: [Frame] = [
            .method(channel: number, method),
            .header(channel: number, bodySize: UInt64(message.body.count), message.properties),
        ]
        if message.body.count <= Self.bodyFrameByteCount {
            if !message.body.isEmpty { frames.append(.body(channel: number, message.body)) }
        } else {
            for start in stride(from: 0, to: message.body.count, by: Self.bodyFrameByteCount) {
                let end = min(start + Self.bodyFrameByteCount, message.body.count)
                frames.append(.body(channel: number, Array(message.body[start..<end])))
            }
        }
        sessions[id]?.outbox += frames
        awake(id)
    }

    /// Notes that a connection should look.
    mutating func awake(_ id: SessionID) {
        awakened.insert(id)
    }

    /// What a connection has to read, and whether that is the last of it.
    mutating func takeFrames(of id: SessionID) -> (frames: [Frame], isOver: Bool) {
        if !areConfirmsHeld { tellConfirms(of: id) }
        guard let session = sessions[id] else { return ([], true) }
        sessions[id]?.outbox.removeAll(keepingCapacity: true)
        return (session.outbox, session.state == .over)
    }
}
