import NIOConcurrencyHelpers
import RabbitMQ
import TestSupport

/// Everything that comes on a stage's replies and errors queues, by request.
final class AnswerLedger: Sendable {
    private struct State {
        var answers: [String: [String]] = [:]
        var errorCopies: [String: Int] = [:]
        var faults: [String] = []
    }

    private let state = NIOLockedValueBox(State())

    /// What has been said of a request so far: status, run id and class of each answer.
    func answers(to id: String) -> [String] { state.withLockedValue { $0.answers[id] ?? [] } }

    func errorCopies(of id: String) -> Int { state.withLockedValue { $0.errorCopies[id] ?? 0 } }

    /// What could not be read.
    var faults: [String] { state.withLockedValue { $0.faults } }

    /// Reads both queues empty, again and again, until it is cancelled.
    func read(_ stage: Stage) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for queue in ["replies", "errors"] {
                let channel = try await stage.connection.openChannel()
                let deliveries = try await channel.consume(
                    "\(stage.prefix).\(queue)",
                    consumerTag: queue,
                    mode: .automaticAcknowledgement
                )
                group.addTask {
                    for try await delivery in deliveries {
                        queue == "replies" ? self.note(answer: delivery) : self.note(errorCopy: delivery)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func note(answer delivery: Delivery) {
        do {
            let answer = try Answer(delivery)
            let words = [answer.status, answer.runID, answer.errorClass].map { $0 ?? "-" }
            let id = answer.json["requestId"] as? String ?? "?"
            state.withLockedValue { $0.answers[id, default: []].append(words.joined(separator: " ")) }
        } catch {
            state.withLockedValue { $0.faults.append("an answer can't be read: \(error)") }
        }
    }

    private func note(errorCopy delivery: Delivery) {
        let id = delivery.message.properties.headers?["request-id"]?.text ?? "?"
        state.withLockedValue { $0.errorCopies[id, default: 0] += 1 }
    }
}
