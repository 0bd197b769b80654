internal import TriggerWorker

/// Counts the calls to Data Factory.
struct MeteredStarter: RunStarter {
    private let starter: any RunStarter
    private let monitor: HealthMonitor

    init(_ starter: any RunStarter, monitor: HealthMonitor) {
        self.starter = starter
        self.monitor = monitor
    }

    func check(_ target: Target) throws(RequestError) {
        try starter.check(target)
    }

    func startRun(
        of target: Target,
        parameters: [UInt8],
        options: StartOptions,
        runID: String
    ) async throws(StartFailure) -> String {
        let start = ContinuousClock.now
        do throws(StartFailure) {
            let started = try await starter.startRun(
                of: target,
                parameters: parameters,
                options: options,
                runID: runID
            )
            monitor.called(.createRun, .succeeded, took: .now - start)
            return started
        } catch {
            monitor.called(.createRun, AzureCall.Result(error.meaning), took: .now - start)
            throw error
        }
    }

    func findRun(_ runID: String, of target: Target) async throws(StartFailure) -> ExistingRun? {
        let start = ContinuousClock.now
        do throws(StartFailure) {
            let run = try await starter.findRun(runID, of: target)
            monitor.called(.lookUp, run == nil ? .absent : .succeeded, took: .now - start)
            return run
        } catch {
            monitor.called(.lookUp, AzureCall.Result(error.meaning), took: .now - start)
            throw error
        }
    }

    func findRun(_ marked: MarkedRun, of target: Target) async throws(StartFailure) -> MarkerSearch {
        let start = ContinuousClock.now
        do throws(StartFailure) {
            let search = try await starter.findRun(marked, of: target)
            monitor.called(.lookUp, search == .absent ? .absent : .succeeded, took: .now - start)
            return search
        } catch {
            monitor.called(.lookUp, AzureCall.Result(error.meaning), took: .now - start)
            throw error
        }
    }
}
