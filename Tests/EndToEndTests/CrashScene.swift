import Foundation
import RabbitMQ
import TestSupport
import TriggerWorker

/// The stage the cells of the matrix share. Each has a pipeline, a request queue and a delay queue of its own; the
/// emulator, which never dedupes, and the queues of answers and error copies are everybody's.
struct CrashScene {
    /// Cells in play at once. Each is two workers, one after the other, that mostly wait.
    private static let width = 12
    /// More workers than this, one after the other, and a request is not going to be settled.
    private static let rescueLimit = 4
    private static let delaySeconds = 5

    private let stage: Stage
    private let ledger = AnswerLedger()

    init() async throws {
        stage = try await Stage(
            "matrix",
            set: [
                "ADF_TRIGGER_QUEUES_DELAY_SECONDS": "\(Self.delaySeconds)",
                "ADF_TRIGGER_AZURE_WINDOW_SECONDS": "\(Self.delaySeconds)", "ADF_TRIGGER_WORKER_HOLD_SECONDS": "2",
            ],
            scenario: #""dedupeSeconds":0"#,
            pipelines: CrashCell.all.filter { $0.path.isInScenario }.map { $0.name }
        )
        let faults = CrashCell.all.compactMap { cell in
            cell.path.fault.map { #"{"route":"createRun","pipeline":"\#(cell.name)","times":1,\#($0)}"# }
        }
        try await stage.setFaults("[\(faults.joined(separator: ","))]")
    }

    func end() async throws {
        try await stage.channel.deleteQueue("\(stage.prefix).delay.\(Self.delaySeconds)")
        try await stage.end()
    }

    /// Plays all cells, and says what became of the request of each.
    func play(_ cells: [CrashCell]) async throws -> [CrashCell: CrashRecord] {
        var records = try await withThrowingTaskGroup(of: [CrashCell: CrashRecord].self) { outer in
            outer.addTask {
                try await ledger.read(stage)
                return [:]
            }
            defer { outer.cancelAll() }
            outer.addTask { await playAll(cells) }
            return try await outer.next() ?? [:]
        }
        let runs = Dictionary(grouping: try await stage.runs()) { $0.pipeline }
        for cell in cells {
            records[cell]?.runs = runs[cell.name, default: []].map { $0.runId }
            records[cell]?.answers = ledger.answers(to: cell.name)
            records[cell]?.errorCopies = ledger.errorCopies(of: cell.name)
        }
        let unread = ledger.faults
        guard unread.isEmpty else { throw NeverHappened(description: unread.joined(separator: "\n")) }
        return records
    }

    private func playAll(_ cells: [CrashCell]) async -> [CrashCell: CrashRecord] {
        await withTaskGroup(of: (CrashCell, CrashRecord).self) { group in
            var records: [CrashCell: CrashRecord] = [:]
            for (index, cell) in cells.enumerated() {
                if index >= Self.width, let (cell, record) = await group.next() { records[cell] = record }
                group.addTask { (cell, await play(cell)) }
            }
            for await (cell, record) in group { records[cell] = record }
            return records
        }
    }

    // MARK: - One cell

    /// What goes wrong in one cell is told of in the table, beside what goes wrong in others.
    private func play(_ cell: CrashCell) async -> CrashRecord {
        var record = CrashRecord()
        do {
            try await play(cell, &record)
        } catch {
            record.trouble = "\(error)"
        }
        return record
    }

    private func play(_ cell: CrashCell, _ record: inout CrashRecord) async throws {
        try await declareQueues(of: cell)
        let first = try await stage.startWorker(
            set: environment(of: cell).merging(["ADF_TRIGGER_CRASH_AT": "\(cell.step.rawValue):\(cell.visit)"]) { $1 }
        )
        try await publish(cell)
        if cell.isOnPath {
            record.hasDied = try await first.waitForExit().code == -SIGKILL
        } else {
            try await waitForAnswer(to: cell)
            record.hasDied = try await first.stop().code == -SIGKILL
        }
        try await rescue(cell, &record)
        record.leftOver += try await stage.channel.deleteQueue(requests(of: cell))
        record.leftOver += try await stage.channel.deleteQueue(delay(of: cell))
    }

    /// Workers that don't crash, one after the other, until nothing is left. One that is stopped gives back what it has
    /// not begun, so that after it what is ready is all there is.
    private func rescue(_ cell: CrashCell, _ record: inout CrashRecord) async throws {
        while record.rescues < Self.rescueLimit {
            let isFirst = record.hasDied && record.rescues == 0
            let isLeft = try await isLeft(cell)
            guard isFirst || isLeft || ledger.answers(to: cell.name).isEmpty else { return }
            record.rescues += 1
            let worker = try await stage.startWorker(set: environment(of: cell))
            try await waitForAnswer(to: cell)
            // While it holds the request, or has put it back for later, nothing is ready. That it is over shows in its
            // log alone. The last acknowledgement may or may not have reached the broker before its worker died.
            if isLeft || (isFirst && cell.step != .acknowledged) {
                try await eventually("\(cell.name): the next worker answers the request") {
                    Self.hasAnswered(worker.errorsSoFar)
                }
            }
            try await eventually("\(cell.name): its queues are empty") { try await leftOver(of: cell) == 0 }
            try await worker.stop()
        }
    }

    /// To be put back is the end of a request for its worker alone.
    private static func hasAnswered(_ log: String) -> Bool {
        [Outcome.started, .adopted, .refused, .failed].contains {
            log.contains("\"request.outcome\":\"\($0.rawValue)\"")
        }
    }

    /// Asked while no worker runs, so that nobody holds a request. On its way from the delay queue to its own it is on
    /// neither, and for so long nothing left means nothing.
    private func isLeft(_ cell: CrashCell) async throws -> Bool {
        let leftOver: Void? = try? await eventually("\(cell.name): something is left", within: .seconds(1)) {
            try await self.leftOver(of: cell) > 0
        }
        return leftOver != nil
    }

    private func leftOver(of cell: CrashCell) async throws -> Int {
        let waiting = try await stage.channel.reliableStatus(ofQueue: requests(of: cell)).readyCount
        return try await stage.channel.reliableStatus(ofQueue: delay(of: cell)).readyCount + waiting
    }

    private func waitForAnswer(to cell: CrashCell) async throws {
        try await eventually("\(cell.name) is answered", within: .seconds(120)) {
            !ledger.answers(to: cell.name).isEmpty
        }
    }

    private func publish(_ cell: CrashCell) async throws {
        var message = Message(body: Array(cell.path.body(pipeline: cell.name).utf8))
        message.properties.messageID = cell.name
        message.properties.deliveryMode = .persistent
        let outcome = try await stage.channel.publish(message, routingKey: requests(of: cell), isMandatory: true)
        guard case .confirmed = outcome else { throw NeverHappened(description: "\(cell.name) was taken: \(outcome)") }
    }

    // MARK: - Queues

    private func requests(of cell: CrashCell) -> String { "\(stage.prefix).\(cell.name).requests" }
    private func delay(of cell: CrashCell) -> String { "\(stage.prefix).\(cell.name).delay.\(Self.delaySeconds)" }

    private func environment(of cell: CrashCell) -> [String: String] {
        [
            "ADF_TRIGGER_QUEUES_REQUESTS": requests(of: cell),
            "ADF_TRIGGER_QUEUES_DELAY": "\(stage.prefix).\(cell.name).delay",
            "ADF_TRIGGER_TOPOLOGY_MODE": cell.queue == .classic ? "none" : "declare",
        ]
    }

    /// A classic request queue is somebody else's, who knows nothing of delivery limits; the worker declares the rest.
    private func declareQueues(of cell: CrashCell) async throws {
        guard cell.queue == .classic else { return }
        _ = try await stage.channel.declare(QueueDeclaration(name: requests(of: cell)))
        let arguments: FieldTable = [
            "x-queue-type": "quorum", "x-message-ttl": .int64(Int64(Self.delaySeconds) * 1000),
            "x-overflow": "reject-publish", "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": .string(requests(of: cell)), "x-dead-letter-strategy": "at-least-once",
        ]
        _ = try await stage.channel.declare(QueueDeclaration(name: delay(of: cell), arguments: arguments))
    }
}
