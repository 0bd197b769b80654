import Foundation
import RabbitMQ
import TestSupport
import Testing
import TriggerWorker

@Suite("kill -9 at every step of a request's life", .timeLimit(.minutes(10)))
struct CrashMatrixTests {
    #if CrashPoints
        @Test("one run, like answers, an error copy where due, and nothing left, wherever the worker dies")
        func matrix() async throws {
            let scene = try await CrashScene()

            let records = try await scene.play(CrashCell.all)

            print(CrashTable.text(records))
            for cell in CrashCell.all {
                let record = try #require(records[cell])
                let faults = record.faults(of: cell)
                #expect(faults.isEmpty, "\(cell.name): \(faults.joined(separator: "; "))")
            }
            try await scene.end()
        }
    #else
        @Test("the tests are built with the package trait that lets a worker die at a step")
        func trait() {
            Issue.record("build and test with --traits CrashPoints, as deploy/test does")
        }
    #endif
}
