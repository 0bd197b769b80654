internal import ErrorDesk
internal import Foundation

/// The list of groups, for a person.
enum ErrorsTable {
    static func text(_ groups: [ErrorGroup], now: Date) -> String {
        guard !groups.isEmpty else { return "the error queue is empty" }
        let header = ["KEY", "COUNT", "AGE", "LAST", "CLASS", "CODE", "TARGET", "AN ENTRY"]
        let rows = groups.map { group in
            [
                group.key, "\(group.ids.count)", age(group.firstSeen, now), age(group.lastSeen, now), group.errorClass,
                group.errorCode, pipeline(group.target), group.ids.first ?? "",
            ].map { $0.withoutControls.cut(to: 60) }
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingSuffix(" ")
        }
        let count = groups.reduce(0) { $0 + $1.ids.count }
        return (lines + ["\(count) \(count == 1 ? "entry" : "entries")"]).joined(separator: "\n")
    }

    /// `40s`, `12m`, `3h`, `5d`; `-` where the time is not known.
    static func age(_ date: Date?, _ now: Date) -> String {
        guard let date else { return "-" }
        // A clock of another machine may be ahead of ours.
        let seconds = max(0, now.timeIntervalSince(date))
        switch seconds {
        case ..<120: return "\(Int(seconds))s"
        case ..<7200: return "\(Int(seconds / 60))m"
        case ..<172_800: return "\(Int(seconds / 3600))h"
        default: return "\(Int(min(seconds / 86_400, 1e6)))d"
        }
    }

    /// Factory and pipeline: the rest of an ARM id is the same in most lines.
    private static func pipeline(_ target: String) -> String {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 11 else { return target.isEmpty ? "-" : target }
        return "\(parts[8])/\(parts[10])"
    }
}

extension String {
    /// At most so many characters; what is cut off leaves a mark.
    func cut(to count: Int) -> String {
        self.count > count ? prefix(count - 1) + "…" : self
    }

    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = Substring(self)
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
