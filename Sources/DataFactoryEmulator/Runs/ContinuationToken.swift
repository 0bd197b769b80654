/// Where the next page of a query begins; a text that means nothing to the client.
struct ContinuationToken: Sendable {
    private enum Kind: String {
        case creation = "c"
        case sorted = "s"
    }

    private let kind: Kind
    /// The sequence number of the last run that was answered, or how many were, where they are sorted.
    let position: Int
    /// The sequence numbers from here on belong to runs the first page knew nothing of.
    let limit: Int

    /// Continues after a run, in order of creation.
    init(afterSequence sequence: Int, limit: Int) {
        self.kind = .creation
        self.position = sequence
        self.limit = limit
    }

    /// Continues after so many runs in sorted order.
    init(afterCount count: Int, limit: Int) {
        self.kind = .sorted
        self.position = count
        self.limit = limit
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = Kind(rawValue: String(parts[0])),
            let position = Int(parts[1], radix: 36), position >= 0,
            let limit = Int(parts[2], radix: 36), limit >= 0
        else { return nil }
        self.kind = kind
        self.position = position
        self.limit = limit
    }

    var text: String { "\(kind.rawValue).\(String(position, radix: 36)).\(String(limit, radix: 36))" }

    /// Whether it can have come from such a query.
    func fits(_ walk: RunQuery.Walk) -> Bool {
        switch walk {
        case .byCreation: kind == .creation
        case .sorted: kind == .sorted
        }
    }
}
