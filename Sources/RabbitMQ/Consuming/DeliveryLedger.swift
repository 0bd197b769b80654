/// Which deliveries of one channel are still ours to settle, and which acknowledgements are not sent yet.
///
/// A second acknowledgement of the same delivery makes the broker close the channel and redeliver everything on it
/// (406), and one for another channel's delivery does the same, so both are caught here. Pure: no clock, no I/O.
struct DeliveryLedger {
    /// What became of an attempt to settle.
    enum Settlement: Equatable {
        case settled
        /// It came over another channel.
        case stale
        /// It was settled before.
        case alreadySettled
    }

    /// Acknowledges a delivery, or every one up to it.
    struct Acknowledgement: Equatable {
        var deliveryTag: UInt64
        var throughTag: Bool
    }

    let generation: ChannelGeneration
    /// Bounded by the prefetch.
    private var held: Set<UInt64> = []
    /// Acknowledged since ``takeAcknowledgements()``; bounded by the prefetch.
    private var unsent: [UInt64] = []

    init(generation: ChannelGeneration) {
        self.generation = generation
    }

    /// How many deliveries are held.
    var count: Int { held.count }
    /// Whether there are acknowledgements to send.
    var hasUnsent: Bool { !unsent.isEmpty }

    mutating func delivered(_ tag: UInt64) {
        held.insert(tag)
    }

    /// Acknowledges a delivery.
    mutating func acknowledge(_ tag: UInt64, of generation: ChannelGeneration) -> Settlement {
        guard generation == self.generation else { return .stale }
        guard held.remove(tag) != nil else { return .alreadySettled }
        unsent.append(tag)
        return .settled
    }

    /// Acknowledges a delivery, which must be held, and every one before it that is.
    mutating func acknowledge(through tag: UInt64, of generation: ChannelGeneration) -> Settlement {
        guard generation == self.generation else { return .stale }
        guard held.contains(tag) else { return .alreadySettled }
        unsent += held.filter { $0 <= tag }
        held = held.filter { $0 > tag }
        return .settled
    }

    /// Gives a delivery back. Acknowledgements from before must be sent first, or one that covers several would cover
    /// this too.
    mutating func giveBack(_ tag: UInt64, of generation: ChannelGeneration) -> Settlement {
        guard generation == self.generation else { return .stale }
        return held.remove(tag) == nil ? .alreadySettled : .settled
    }

    /// Gives a delivery back, which must be held, and every one before it that is.
    mutating func giveBack(through tag: UInt64, of generation: ChannelGeneration) -> Settlement {
        guard generation == self.generation else { return .stale }
        guard held.contains(tag) else { return .alreadySettled }
        held = held.filter { $0 > tag }
        return .settled
    }

    /// What to send for the deliveries that were acknowledged: one for all below the oldest that is still held, and one
    /// each for the rest. None waits for stragglers: the prefetch counts every delivery without an acknowledgement.
    mutating func takeAcknowledgements() -> [Acknowledgement] {
        defer { unsent.removeAll(keepingCapacity: true) }
        guard unsent.count > 1 else {
            return unsent.map { Acknowledgement(deliveryTag: $0, throughTag: false) }
        }
        unsent.sort()
        let oldestHeld = held.min() ?? .max
        let covered = unsent.prefix { $0 < oldestHeld }
        guard covered.count > 1, let last = covered.last else {
            return unsent.map { Acknowledgement(deliveryTag: $0, throughTag: false) }
        }
        return [Acknowledgement(deliveryTag: last, throughTag: true)]
            + unsent[covered.endIndex...].map { Acknowledgement(deliveryTag: $0, throughTag: false) }
    }
}
