internal import DequeModule

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
    /// From the oldest publish that waits to the last one; nil where the answer has come out of turn. <= what is published
    /// while one of them waits, which is until the reply time-out at most.
    private var entries: Deque<Entry?> = []
    /// How many publishes wait for an answer.
    private(set) var count = 0
    /// Publishes that may come back, by what a return says of them; the oldest first, and nearly always one alone. Made at
    /// the first return and kept while anything is in flight, for most channels see none.
    private var returnable: [ReturnKey: [UInt64]]?

    private var lowestOutstanding: UInt64 { nextSequence - UInt64(entries.count) }

    /// Notes a publish that goes on the wire now. Mandatory ones carry the key by which a return finds them.
    mutating func published(_ context: Context, returnKey: ReturnKey?) {
        entries.append(Entry(context: context, returnKey: returnKey))
        if let returnKey { returnable?[returnKey, default: []].append(nextSequence) }
        nextSequence += 1
        count += 1
    }

    /// Takes a `basic.return`: it comes before the confirm of its own message, and decides what that means.
    ///
    /// Where two messages in flight have the same key they are alike to everybody, so the older one is marked.
    /// - Returns: false if no publish in flight fits.
    mutating func returned(_ key: ReturnKey, reason: ReturnReason) -> Bool {
        if returnable == nil { returnable = byReturnKey() }
        guard let match = returnable?[key]?.first, let index = index(of: match) else { return false }
        forget(match, key)
        entries[index]?.returnReason = reason
        return true
    }

    private func byReturnKey() -> [ReturnKey: [UInt64]] {
        var returnable: [ReturnKey: [UInt64]] = [:]
        for (index, entry) in entries.enumerated() {
            guard let key = entry?.returnKey else { continue }
            returnable[key, default: []].append(lowestOutstanding + UInt64(index))
        }
        return returnable
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
            entries = []
            count = 0
            returnable = nil
        }
        return entries.compactMap { entry in
            entry.map { Settled(context: $0.context, outcome: .inDoubt(error)) }
        }
    }

    /// Gives up waiting for the oldest publishes, as long as `isOverdue` says so of the next one.
    mutating func withdrawOldest(while isOverdue: (Context) -> Bool) -> [Context] {
        var withdrawn: [Context] = []
        while let entry = entries.first ?? nil, isOverdue(entry.context) {
            _ = remove(at: 0)
            withdrawn.append(entry.context)
            passSettled()
        }
        return withdrawn
    }

    /// Gives up waiting for the publish that `isWanted` knows; an answer that comes later is ignored.
    mutating func withdraw(_ isWanted: (Context) -> Bool) -> Context? {
        guard let index = entries.firstIndex(where: { $0.map { isWanted($0.context) } ?? false }) else { return nil }
        defer { passSettled() }
        return remove(at: index)?.context
    }

    /// Changes what is kept with every publish that waits.
    mutating func updateAll(_ change: (inout Context) -> Void) {
        for index in entries.indices {
            guard var entry = entries[index] else { continue }
            change(&entry.context)
            entries[index] = entry
        }
    }

    /// Changes what is kept with the publish that was noted last, if it still waits.
    mutating func updateLast(_ change: (inout Context) -> Void) {
        guard var entry = entries.last ?? nil else { return }
        change(&entry.context)
        entries[entries.count - 1] = entry
    }

    private mutating func settle(
        _ tag: UInt64,
        throughTag: Bool,
        outcome: (Entry) -> PublishOutcome
    ) -> [Settled] {
        // Tag 0 with `multiple` means "all so far"; a broker does not send it, but the protocol has it.
        let last = throughTag ? index(of: tag == 0 ? nextSequence - 1 : min(tag, nextSequence - 1)) : index(of: tag)
        guard let last else { return [] }
        var settled: [Settled] = []
        settled.reserveCapacity(throughTag ? last + 1 : 1)
        for index in throughTag ? 0...last : last...last {
            guard let entry = remove(at: index) else { continue }
            settled.append(Settled(context: entry.context, outcome: outcome(entry)))
        }
        passSettled()
        return settled
    }

    private func index(of tag: UInt64) -> Int? {
        guard tag >= lowestOutstanding, tag < nextSequence else { return nil }
        return Int(tag - lowestOutstanding)
    }

    /// Leaves a gap, for ``passSettled()``.
    private mutating func remove(at index: Int) -> Entry? {
        guard let entry = entries[index] else { return nil }
        entries[index] = nil
        count -= 1
        if returnable != nil, let key = entry.returnKey, entry.returnReason == nil {
            forget(lowestOutstanding + UInt64(index), key)
        }
        return entry
    }

    /// Notes that this publish can't come back any more.
    private mutating func forget(_ tag: UInt64, _ key: ReturnKey) {
        guard returnable?[key]?.count != 1 else {
            returnable?[key] = nil
            return
        }
        returnable?[key]?.removeAll { $0 == tag }
    }

    private mutating func passSettled() {
        while let oldest = entries.first, oldest == nil { entries.removeFirst() }
        if entries.isEmpty { returnable = nil }
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
