internal import DequeModule
import RabbitMQ

/// Acknowledgements and rejections.
extension BrokerModel {
    /// Takes what a settlement is about off the channel's book.
    ///
    /// - Throws: ``Refusal`` with 406 where the tag is unknown. Tag 0 through itself means everything.
    mutating func takeUnacknowledged(
        _ tag: UInt64,
        throughTag: Bool,
        _ number: UInt16,
        _ id: SessionID
    ) throws(Refusal) -> Deque<Unacknowledged> {
        guard let held = sessions[id]?.channels[number]?.unacknowledged else { return [] }
        if throughTag, tag == 0 {
            sessions[id]?.channels[number]?.unacknowledged.removeAll()
            return held
        }
        guard let index = held.firstIndex(where: { $0.deliveryTag == tag }) else {
            throw .preconditionFailed("unknown delivery tag \(tag)")
        }
        let range = throughTag ? held.startIndex..<index + 1 : index..<index + 1
        sessions[id]?.channels[number]?.unacknowledged.removeSubrange(range)
        return Deque(held[range])
    }

    /// What was acknowledged is gone.
    mutating func acknowledged(_ settled: Deque<Unacknowledged>) {
        for entry in settled { _ = free(entry) }
        deliverMore(settled)
    }

    /// What was rejected goes back, or where dead letters go.
    mutating func rejected(_ settled: Deque<Unacknowledged>, requeue: Bool) {
        if requeue {
            putBack(settled, isRequeue: true)
            return
        }
        for entry in settled {
            if let queue = free(entry) { deadLetter(entry.message, .rejected, from: queue) }
        }
        deliverMore(settled)
    }

    /// Puts deliveries back in their queues.
    ///
    /// - Parameter isRequeue: Whether somebody asked for that. A quorum queue without a delivery limit puts those
    ///   behind everything else, and what it has back from a channel that ended in front.
    mutating func putBack(_ entries: Deque<Unacknowledged>, isRequeue: Bool) {
        for entry in entries {
            guard let queue = free(entry) else { continue }
            var message = entry.message
            message.isRedelivered = true
            guard queue.arguments.kind == .quorum else {
                queues[queue.name]?.putBack(message)
                continue
            }
            message.returnCount += 1
            if let limit = queue.arguments.deliveryLimit, message.returnCount > limit {
                deadLetter(message, .deliveryLimit, from: queue)
            } else if isRequeue, queue.arguments.deliveryLimit == nil {
                queues[queue.name]?.append(message)
            } else {
                queues[queue.name]?.putBack(message)
            }
        }
        // All of them first, or the first would be delivered before an older one.
        deliverMore(entries)
    }

    /// Makes room for another delivery; returns the queue unless it has been deleted meanwhile.
    private mutating func free(_ entry: Unacknowledged) -> Queue? {
        if let consumer = entry.consumer { consumers[consumer]?.unacknowledgedCount -= 1 }
        guard queues[entry.queue]?.number == entry.queueNumber else { return nil }
        queues[entry.queue]?.unacknowledgedCount -= 1
        return queues[entry.queue]
    }

    private mutating func deliverMore(_ settled: Deque<Unacknowledged>) {
        for name in Set(settled.map(\.queue)).sorted() { deliver(from: name) }
    }

    /// Closes every channel that holds a delivery of this queue, as RabbitMQ does after its `consumer_timeout`.
    mutating func expireAcknowledgements(of queue: String) {
        for id in openSessions {
            for (number, channel) in sessions[id]?.channels ?? [:] {
                guard channel.unacknowledged.contains(where: { $0.queue == queue }) else { continue }
                let text =
                    "PRECONDITION_FAILED - delivery acknowledgement on channel \(number) timed out."
                    + " Timeout value used: 1800000 ms. This timeout value can be configured, see consumers doc guide"
                    + " to learn more"
                close(channel: number, of: id, code: 406, text)
            }
        }
    }
}
