/// Something the passing of time brings about.
struct LedgerEvent: Sendable, Comparable {
    enum Kind: Sendable {
        /// A run whose call was cut off appears.
        indirect case appear(RunOrder)
        /// A run ends.
        case end(sequence: Int)
    }

    var due: Timestamp
    /// Keeps what is due at one moment in the order it was arranged.
    var number: Int
    var kind: Kind

    static func == (one: LedgerEvent, other: LedgerEvent) -> Bool {
        one.number == other.number
    }

    static func < (one: LedgerEvent, other: LedgerEvent) -> Bool {
        (one.due, one.number) < (other.due, other.number)
    }
}
