import DataFactory
import Foundation
import Testing

@testable import adf_trigger

/// What is told of a run.
@Suite("The report of a run")
struct RunReportTests {
    @Test(
        "a duration of any size is told or left out",
        arguments: [
            (Int64(500), Int?(500)), (3_888_000_000, 3_888_000_000), (.max, nil),
        ]
    )
    func duration(sent: Int64, told: Int?) throws {
        let run = try JSONDecoder().decode(
            PipelineRun.self,
            from: Data(#"{"runId":"r","durationInMs":\#(sent)}"#.utf8)
        )

        #expect(RunReport(showing: run).durationInMs == told)
    }
}
