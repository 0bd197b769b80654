import Testing

@testable import TriggerWorker
@testable import adf_trigger

/// How long requests are held, by the configuration.
@Suite("The settings of the worker")
struct WorkerSettingsTests {
    @Test(
        "a full prefetch of requests that wait for their turn is done before the broker takes them back",
        arguments: [
            (["worker.holdSeconds=60"], 770), (["worker.prefetch=32"], 900), (["worker.prefetch=128"], 350),
            (["worker.prefetch=2000"], 60), (["worker.holdSeconds=1200"], 1200), (["azure.timeoutSeconds=10"], 830),
        ]
    )
    func longestHold(set: [String], seconds: Int) throws {
        let settings = try Settings(
            file: try ConfigurationFile(text: "", name: "config.yaml"),
            assignments: set,
            environment: [:],
            needs: .azure
        )

        #expect(settings.worker.longestHold == .seconds(seconds))
        #expect(settings.stillnessLimit > settings.worker.longestHold)
        #expect(settings.stillnessLimit < Settings.acknowledgementLimit)
    }
}
