import TriggerWorker

/// One cell of the matrix: a request of one kind, on one kind of queue, whose first worker dies at one step.
struct CrashCell: Hashable {
    enum Queue: String, CaseIterable {
        case quorum
        case classic
    }

    let path: CrashPath
    let queue: Queue
    let step: CrashPoint
    /// At which of its visits to the step.
    let visit: Int

    /// Every step of the life once on every path, and a second time where the path comes by twice.
    static let all: [CrashCell] = Queue.allCases.flatMap { queue in
        CrashPath.allCases.flatMap { path in
            rows.compactMap { step, visit in
                let isOnPath = path.steps.count { $0 == step } >= visit
                return visit == 1 || isOnPath ? CrashCell(path: path, queue: queue, step: step, visit: visit) : nil
            }
        }
    }

    /// The rows of the table.
    static let rows: [(step: CrashPoint, visit: Int)] =
        CrashPoint.allCases.map { ($0, 1) }
        + CrashPoint.allCases.filter { step in
            CrashPath.allCases.contains { $0.steps.count { $0 == step } > 1 }
        }.map { ($0, 2) }

    /// Its message id, its pipeline, and the prefix of its queues.
    var name: String { "\(path.rawValue)-\(step.rawValue)-\(visit)-\(queue.rawValue)" }

    var isOnPath: Bool { path.steps.count { $0 == step } >= visit }

    var expectedRuns: Int { path.errorClass == nil ? 1 : 0 }
}

/// What became of the request of one cell.
struct CrashRecord {
    var hasDied = false
    /// Workers that came after the one that died.
    var rescues = 0
    var leftOver = 0
    var runs: [String] = []
    var answers: [String] = []
    var errorCopies = 0
    /// Why the cell could not be played to its end.
    var trouble: String?

    /// What it should not have been.
    func faults(of cell: CrashCell) -> [String] {
        var faults: [String] = []
        func check(_ isRight: Bool, _ fault: String) {
            if !isRight { faults.append(fault) }
        }
        check(hasDied == cell.isOnPath, "the worker \(hasDied ? "died" : "lived")")
        check(runs.count == cell.expectedRuns, "\(runs.count) runs")
        check(!answers.isEmpty, "no answer")
        let expected = cell.path.errorClass.map { "failed - \($0)" } ?? "started \(runs.first ?? "?") -"
        check(answers.allSatisfy { $0 == expected }, "answers: \(Set(answers).sorted())")
        check(
            cell.path.errorClass == nil ? errorCopies == 0 : errorCopies > 0,
            "\(errorCopies) error copies"
        )
        check(trouble == nil, trouble ?? "")
        check(leftOver == 0, "\(leftOver) messages left")
        return faults
    }

    /// Runs, answers and error copies, for the table.
    func summary(of cell: CrashCell) -> String {
        cell.isOnPath ? "\(runs.count)r \(answers.count)a \(errorCopies)e" : "-"
    }
}
