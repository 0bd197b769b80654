import Foundation
import TriggerWorker

/// The matrix as text: a row for each step, a column for each kind of request and queue.
enum CrashTable {
    static func text(_ records: [CrashCell: CrashRecord]) -> String {
        let columns = CrashCell.Queue.allCases.flatMap { queue in CrashPath.allCases.map { (queue, $0) } }
        var lines = [
            "kill -9 at each step: runs (r), answers (a) and error copies (e) of one request; - is not on the path",
            pad(["step"] + columns.map { $0.0.rawValue }),
            pad([""] + columns.map { $0.1.rawValue }),
        ]
        for (step, visit) in CrashCell.rows {
            let cells = columns.map { queue, path in
                let cell = CrashCell(path: path, queue: queue, step: step, visit: visit)
                guard let record = records[cell] else { return "" }
                return record.summary(of: cell) + (record.faults(of: cell).isEmpty ? "" : " !")
            }
            lines.append(pad(["\(step.rawValue) \(step)" + (visit > 1 ? ", again" : "")] + cells))
        }
        let deaths = records.values.count { $0.hasDied }
        lines.append("\(records.count) cells, \(deaths) workers killed")
        return lines.joined(separator: "\n")
    }

    private static func pad(_ cells: [String]) -> String {
        cells.enumerated().map { index, cell in
            cell.padding(toLength: index == 0 ? 24 : 12, withPad: " ", startingAt: 0)
        }.joined()
    }
}
