/// Which publishes of one channel the broker has not answered yet, and what its answers mean for each.
///
/// Pure: no clock, no I/O. `Context` is whatever waits for the outcome.
struct ConfirmTracker<Context> {
    /// How a return finds its publish: `basic.return` carries no sequence number, and the confirm of a returned
    /// message may come later than confirms of messages published after it.
    struct ReturnKey: Hashable {
        var exchange: String
        var routingKey: String
        var messageID: String?
        var correlationID: String?
    }

    /// A publish whose outcome is known.
    struct Settled {
        var context: Context
        var outcome: PublishOutcome
    }

    private struct Entry {
        var context: Context
        var returnKey: ReturnKey?
        var returnReason: ReturnReason?
    }

    /// Sequence numbers start at 1 on each channel.
    private(set) var nextSequence: UInt64 = 1
    private var lowestOutstanding: UInt64 = 1
    private var outstanding: [UInt64: Entry] = [:]
    /// Publishes that may come back, by what a return says of them; the oldest first, and nearly always one alone.
    private var returnable: [ReturnKey: [UInt64]] = [:]

    /// How many publishes wait for an answer.
    var count: Int { outstanding.count }

    /// Notes a publish that goes on the wire now. Mandatory ones carry the key by which a return finds them.
    mutating func published(_ context: Context, returnKey: ReturnKey?) {
        outstanding[nextSequence] = Entry(context: context, returnKey: returnKey)
        if let returnKey { returnable[returnKey, default: []].append(nextSequence) }
        nextSequence += 1
    }

    /// Takes a `basic.return`: it comes before the confirm of its own message, and decides what that means.
    ///
    /// Where two messages in flight have the same key they are alike to everybody, so the older one is marked.
    /// - Returns: false if no publish in flight fits.
    mutating func returned(_ key: ReturnKey, reason: ReturnReason) -> Bool {
        guard let match = returnable[key]?.first else { return false }
        forget(match, key)
        outstanding[match]?.returnReason = reason
        return true
    }

    /// Takes a `basic.ack`; `throughTag` settles every outstanding publish up to it. A tag nobody waits for is nothing.
    mutating func acknowledged(_ tag: UInt64, throughTag: Bool) -> [Settled] {
        settle(tag, throughTag: throughTag) { entry in
            entry.returnReason.map { .returned($0) } ?? .confirmed
        }
    }

    /// Takes a `basic.nack`.
    mutating func refused(_ tag: UInt64, throughTag: Bool) -> [Settled] {
        settle(tag, throughTag: throughTag) { _ in .nacked }
    }

    /// The channel is gone: whatever is outstanding is in doubt, since a channel error swallows confirms.
    mutating func lost(_ error: RabbitMQError) -> [Settled] {
        defer {
            outstanding = [:]
            returnable = [:]
        }
        return outstanding.sorted { $0.key < $1.key }.map { entry in
            Settled(context: entry.value.context, outcome: .inDoubt(error))
        }
    }

    /// Gives up waiting for the oldest publishes, as long as `isOverdue` says so of the next one.
    mutating func withdrawOldest(while isOverdue: (Context) -> Bool) -> [Context] {
        var withdrawn: [Context] = []
        while let entry = outstanding[lowestOutstanding], isOverdue(entry.context) {
            _ = remove(lowestOutstanding)
            withdrawn.append(entry.context)
            passSettled()
        }
        return withdrawn
    }

    /// Gives up waiting for the publish that `isWanted` knows; an answer that comes later is ignored.
    mutating func withdraw(_ isWanted: (Context) -> Bool) -> Context? {
        guard let tag = outstanding.first(where: { isWanted($0.value.context) })?.key else { return nil }
        defer { passSettled() }
        return remove(tag)?.context
    }

    /// Changes what is kept with every publish that waits.
    mutating func updateAll(_ change: (inout Context) -> Void) {
        for tag in outstanding.keys {
            if var entry = outstanding[tag] {
                change(&entry.context)
                outstanding[tag] = entry
            }
        }
    }

    /// Changes what is kept with the publish that was noted last, if it still waits.
    mutating func updateLast(_ change: (inout Context) -> Void) {
        let tag = nextSequence - 1
        guard var entry = outstanding.removeValue(forKey: tag) else { return }
        change(&entry.context)
        outstanding[tag] = entry
    }

    private mutating func settle(
        _ tag: UInt64,
        throughTag: Bool,
        outcome: (Entry) -> PublishOutcome
    ) -> [Settled] {
        // Tag 0 with `multiple` means "all so far"; a broker does not send it, but the protocol has it.
        let last = tag == 0 && throughTag ? nextSequence - 1 : min(tag, nextSequence - 1)
        var settled: [Settled] = []
        if throughTag {
            while lowestOutstanding <= last {
                if let entry = remove(lowestOutstanding) {
                    settled.append(Settled(context: entry.context, outcome: outcome(entry)))
                }
                lowestOutstanding += 1
            }
        } else if let entry = remove(tag) {
            settled.append(Settled(context: entry.context, outcome: outcome(entry)))
        }
        passSettled()
        return settled
    }

    private mutating func remove(_ tag: UInt64) -> Entry? {
        guard let entry = outstanding.removeValue(forKey: tag) else { return nil }
        if let key = entry.returnKey, entry.returnReason == nil { forget(tag, key) }
        return entry
    }

    /// Notes that this publish can't come back any more.
    private mutating func forget(_ tag: UInt64, _ key: ReturnKey) {
        guard returnable[key]?.count != 1 else {
            returnable[key] = nil
            return
        }
        returnable[key]?.removeAll { $0 == tag }
    }

    private mutating func passSettled() {
        while lowestOutstanding < nextSequence, outstanding[lowestOutstanding] == nil { lowestOutstanding += 1 }
    }
}

extension ConfirmTracker.ReturnKey {
    /// The key of a message with these properties, as it goes out and as it comes back.
    init(exchange: String, routingKey: String, _ properties: MessageProperties) {
        self.init(
            exchange: exchange,
            routingKey: routingKey,
            messageID: properties.messageID,
            correlationID: properties.correlationID
        )
    }
}
