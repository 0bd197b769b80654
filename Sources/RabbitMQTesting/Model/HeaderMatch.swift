import RabbitMQ

/// A headers binding's arguments.
struct HeaderMatch {
    /// What `x-match` may say; `all` where it is absent.
    static let kinds: Set = ["all", "any", "all-with-x", "any-with-x"]

    private let wanted: [FieldTable.Entry]
    private let isAny: Bool

    init(_ arguments: FieldTable) {
        let kind = arguments["x-match"]?.text ?? "all"
        isAny = kind.hasPrefix("any")
        wanted = arguments.entries.filter { entry in
            entry.key != "x-match" && (kind.hasSuffix("-with-x") || !entry.key.hasPrefix("x-"))
        }
    }

    func matches(_ headers: FieldTable) -> Bool {
        let matches = { (entry: FieldTable.Entry) in
            guard let value = headers[entry.key] else { return false }
            return entry.value == .void || value.isEquivalent(to: entry.value)
        }
        return isAny ? wanted.contains(where: matches) : wanted.allSatisfy(matches)
    }
}

extension FieldValue {
    /// Whether both say the same, whatever the width of an integer and the kind of a text.
    func isEquivalent(to other: FieldValue) -> Bool {
        if let integer, let other = other.integer { return integer == other }
        if let text, let other = other.text { return text == other }
        return self == other
    }
}
