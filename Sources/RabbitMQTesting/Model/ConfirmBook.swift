import RabbitMQ

/// The answers to publishes of one channel that were not told yet.
///
/// They are told together, as RabbitMQ does it: refusals first and singly, then one acknowledgement for everything
/// before the first refusal, then the rest singly.
struct ConfirmBook {
    private var lastSequence: UInt64 = 0
    private var accepted: [UInt64] = []
    private var refused: [UInt64] = []

    /// Numbers a publish and answers it.
    mutating func answer(isAccepted: Bool) {
        lastSequence += 1
        if isAccepted { accepted.append(lastSequence) } else { refused.append(lastSequence) }
    }

    /// What is to be told.
    mutating func take() -> [Method] {
        defer {
            accepted.removeAll(keepingCapacity: true)
            refused.removeAll(keepingCapacity: true)
        }
        let firstRefused = refused.first ?? .max
        let together = accepted.prefix { $0 < firstRefused }
        var methods = refused.map { Method.basicNack(deliveryTag: $0, throughTag: false) }
        if let last = together.last {
            methods.append(.basicAck(deliveryTag: last, throughTag: together.count > 1))
        }
        return methods + accepted[together.endIndex...].map { .basicAck(deliveryTag: $0, throughTag: false) }
    }
}
