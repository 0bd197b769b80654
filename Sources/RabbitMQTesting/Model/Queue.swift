internal import DequeModule
import RabbitMQ

/// A queue: what is ready in it, and who takes from it.
struct Queue {
    let declaration: QueueDeclaration
    let arguments: QueueArguments
    /// Tells it from one of the same name that was there before it.
    let number: UInt64
    /// The one connection that may use it, where it is exclusive.
    let owner: SessionID?
    /// In the order they take turns.
    var consumers: [ConsumerID] = []
    /// The consumer that has it for itself.
    var exclusiveConsumer: ConsumerID?
    var unacknowledgedCount = 0
    /// When somebody last declared it, asked it for a message or stopped consuming, on the model's clock.
    var lastUsed: Duration
    /// What a quorum queue had back, which comes first.
    private var returned: Deque<QueuedMessage> = []
    /// The rest; of a classic queue in the order of their positions.
    private var ready: Deque<QueuedMessage> = []
    private var lastPosition: UInt64 = 0
    private var readyByteCount = 0

    init(
        _ declaration: QueueDeclaration,
        _ arguments: QueueArguments,
        number: UInt64,
        owner: SessionID?,
        now: Duration
    ) {
        self.declaration = declaration
        self.arguments = arguments
        self.number = number
        self.owner = owner
        lastUsed = now
    }

    var name: String { declaration.name }
    var readyCount: Int { returned.count + ready.count }
    var status: QueueStatus { QueueStatus(name: name, readyCount: readyCount, consumerCount: consumers.count) }
    /// What is ready, in the order it will be delivered.
    var messages: Deque<QueuedMessage> { returned + ready }
    /// The next to be delivered.
    var head: QueuedMessage? { returned.first ?? ready.first }

    /// Whether more is ready than may be.
    var isOverLimit: Bool {
        readyCount > arguments.maximumLength ?? .max || readyByteCount > arguments.maximumByteCount ?? .max
    }

    /// Whether it refuses another message of this size.
    ///
    /// A quorum queue learns that it is full after it is: it takes one more than it should.
    func refuses(byteCount: Int) -> Bool {
        guard arguments.overflow != .dropHead else { return false }
        guard arguments.kind == .classic else { return isOverLimit }
        return readyCount + 1 > arguments.maximumLength ?? .max
            || readyByteCount + byteCount > arguments.maximumByteCount ?? .max
    }

    /// Adds a message that has just been published.
    mutating func append(_ message: QueuedMessage) {
        lastPosition += 1
        var message = message
        message.position = lastPosition
        ready.append(message)
        readyByteCount += message.message.body.count
    }

    /// Puts a message back where it was: a classic queue in its old place, a quorum queue in front.
    mutating func putBack(_ message: QueuedMessage) {
        readyByteCount += message.message.body.count
        guard arguments.kind == .classic else {
            returned.append(message)
            return
        }
        // Mostly it is the oldest.
        let index = ready.firstIndex { $0.position > message.position } ?? ready.endIndex
        ready.insert(message, at: index)
    }

    /// Takes the next message.
    mutating func popFirst() -> QueuedMessage? {
        guard let message = returned.popFirst() ?? ready.popFirst() else { return nil }
        readyByteCount -= message.message.body.count
        return message
    }

    /// Takes everything that is ready.
    mutating func removeAll() -> Int {
        defer {
            returned.removeAll()
            ready.removeAll()
            readyByteCount = 0
        }
        return readyCount
    }

    /// Keeps what a restart of the node keeps; a quorum queue writes everything to disk.
    mutating func restart() {
        guard arguments.kind == .classic else { return }
        ready.removeAll { $0.message.properties.deliveryMode != .persistent }
        readyByteCount = ready.reduce(0) { $0 + $1.message.body.count }
    }
}
