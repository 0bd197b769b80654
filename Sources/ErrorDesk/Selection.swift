/// Which entries an operator means.
package enum Selection: Sendable, Hashable {
    /// Those of these names.
    case ids(Set<String>)
    /// Those of the group with this key.
    case group(String)
    /// All.
    case all

    /// Whether it means this entry.
    package func contains(_ entry: ErrorEntry) -> Bool {
        switch self {
        case .ids(let ids): ids.contains(entry.id)
        case .group(let key): key == entry.groupKey
        case .all: true
        }
    }

    /// What it names and is not there, when `selected` is all that was found.
    package func missing(from selected: [ErrorEntry]) -> String? {
        switch self {
        case .all: return nil
        case .group(let key): return selected.isEmpty ? "there is no group \(key)" : nil
        case .ids(let ids):
            let missing = ids.subtracting(selected.map(\.id)).sorted()
            return missing.isEmpty ? nil : "there is no entry \(missing.joined(separator: ", "))"
        }
    }
}
