import DataFactory
import Testing
import TriggerWorker

@testable import adf_trigger

@Suite("Names that have been checked before")
struct CheckedPipelinesTests {
    private static func target(_ pipeline: String) -> Target {
        Target(
            subscriptionID: "11111111-2222-4333-8444-555555555555",
            resourceGroup: "rg",
            factory: "adf",
            pipeline: pipeline
        )
    }

    @Test("mean the same as the first time, in each spelling")
    func same() throws {
        let pipelines = CheckedPipelines()
        // The last two are one text to String, and two names to Azure.
        for name in ["nightly", "Nightly", "caf\u{E9}", "cafe\u{301}"] {
            for _ in 0..<2 {
                let reference = try pipelines.reference(to: Self.target(name))
                #expect(reference.pipeline.utf8.elementsEqual(name.utf8))
            }
        }
    }

    @Test("are refused each time")
    func refused() {
        let pipelines = CheckedPipelines()
        for _ in 0..<2 {
            #expect(throws: ResourceNameError.self) { try pipelines.reference(to: Self.target("a/b")) }
        }
    }

    @Test("are right also when there are more than are remembered")
    func many() throws {
        let pipelines = CheckedPipelines()
        for number in 0..<2500 {
            #expect(try pipelines.reference(to: Self.target("p\(number)")).pipeline == "p\(number)")
        }
        #expect(try pipelines.reference(to: Self.target("p0")).pipeline == "p0")
    }
}
