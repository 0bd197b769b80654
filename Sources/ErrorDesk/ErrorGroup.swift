internal import Crypto
package import FoundationEssentials

/// Entries that failed for the same cause, as far as class, code and target tell.
package struct ErrorGroup: Sendable, Hashable {
    /// What the group is called: the same for the same class, code and target, today and tomorrow.
    package let key: String
    /// Header `error-class`; `unknown` where there is none.
    package let errorClass: String
    /// Header `error-code`; empty where there is none.
    package let errorCode: String
    /// The ARM id of the pipeline; empty where it was not known.
    package let target: String
    /// When the first of them failed first.
    package private(set) var firstSeen: Date?
    /// When the last of them failed.
    package private(set) var lastSeen: Date?
    /// What they are called, in the order of the queue.
    package private(set) var ids: [String] = []

    fileprivate init(of entry: ErrorEntry, key: String) {
        self.key = key
        errorClass = entry.errorClass ?? "unknown"
        errorCode = entry.errorCode ?? ""
        target = entry.target ?? ""
    }

    fileprivate mutating func add(_ entry: ErrorEntry) {
        ids.append(entry.id)
        if let date = entry.firstFailedAt ?? entry.failedAt { firstSeen = min(firstSeen ?? date, date) }
        if let date = entry.failedAt ?? entry.firstFailedAt { lastSeen = max(lastSeen ?? date, date) }
    }
}

/// The groups of the entries that were added.
package struct ErrorGroups: Sendable {
    private var groups: [String: ErrorGroup] = [:]

    /// No groups.
    package init() {}

    /// Puts an entry into its group.
    package mutating func add(_ entry: ErrorEntry) {
        groups[entry.groupKey, default: ErrorGroup(of: entry, key: entry.groupKey)].add(entry)
    }

    /// The groups, the largest first.
    package var sorted: [ErrorGroup] {
        groups.values.sorted { $0.ids.count == $1.ids.count ? $0.key < $1.key : $0.ids.count > $1.ids.count }
    }
}

extension ErrorEntry {
    /// The key of its group. Targets are compared as ARM compares them, without case.
    package var groupKey: String {
        let target = (target ?? "").utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        var hash = SHA256()
        for part in [errorClass ?? "unknown", errorCode ?? ""] { hash.update(data: Array("\(part)\n".utf8)) }
        hash.update(data: target)
        let digest = hash.finalize().prefix(4)
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
