/// Which deliveries of one channel are still ours to settle.
///
/// A second acknowledgement of the same delivery makes the broker close the channel and redeliver everything on it
/// (406), so it is caught here. Pure: no clock, no I/O.
struct DeliveryLedger {
    private var unsettled: Set<UInt64> = []

    /// How many deliveries are held.
    var count: Int { unsettled.count }

    mutating func delivered(_ tag: UInt64) {
        unsettled.insert(tag)
    }

    /// Takes the delivery off the books; false if it was settled before.
    mutating func settle(_ tag: UInt64) -> Bool {
        unsettled.remove(tag) != nil
    }
}
