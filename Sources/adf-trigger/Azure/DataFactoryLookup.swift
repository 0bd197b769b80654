internal import DataFactory
internal import ErrorDesk
internal import TriggerWorker

/// The error desk's way to Azure Data Factory: the core client.
struct DataFactoryLookup: RunLookup {
    let client: DataFactoryClient
    /// How long one look-up may take, with what has to be asked again.
    var limit = Duration.seconds(60)

    func run(_ runID: String, of target: Target) async throws(RunLookupFailure) -> KnownRun? {
        let factory: FactoryReference
        do {
            factory = try PipelineReference(target).factoryReference
        } catch {
            // By a name that Azure does not allow nothing can have been started.
            return nil
        }
        do {
            let run = try await answer(until: .now + limit) { () async throws(DataFactoryError) in
                try await client.run(runID, in: factory)
            }
            return run.map { run in
                KnownRun(
                    runID: run.runID,
                    status: run.status?.rawValue,
                    start: run.runStart,
                    end: run.runEnd,
                    message: run.message
                )
            }
        } catch {
            throw RunLookupFailure(error.line)
        }
    }
}
