/// The one activity the emulator shows of a run.
struct ActivityRun {
    private static let name = "Activity1"

    private let run: PipelineRun
    private let state: RunState

    /// The activity of a run at a moment; nil while the run waits in the queue.
    init?(of run: PipelineRun, at now: Timestamp) {
        let state = run.state(at: now)
        if state.status == .queued { return nil }
        self.run = run
        self.state = state
    }

    private var start: Timestamp { run.admittedAt ?? run.createdAt }

    /// Whether the window of a query covers it.
    func lies(within window: RunWindow) -> Bool {
        start >= window.after && (state.end ?? start) <= window.before
    }

    /// Writes it as Data Factory answers it.
    func write(to output: inout JSONOutput) {
        output.object { output in
            output.member("activityRunEnd", state.end?.text)
            output.member("activityName", Self.name)
            output.member("activityRunStart", start.text)
            output.member("activityType", "Wait")
            output.member("durationInMs") { output in
                if let end = state.end {
                    output.integer(Int((end - start) / .milliseconds(1)))
                } else {
                    output.null()
                }
            }
            output.member("retryAttempt", nil)
            output.member("error") { output in
                output.object { output in
                    output.member("errorCode", state.status == .failed ? "2200" : "")
                    output.member("message", state.message)
                    output.member("failureType", state.status == .failed ? "UserError" : "")
                    output.member("target", Self.name)
                }
            }
            // Its id differs from the run's, and is the same at each reading.
            output.member("activityRunId", GUID(run.runID)?.successor.description ?? run.runID)
            output.member("linkedServiceName", "")
            output.member("pipelineName", run.order.pipeline.definition.name)
            output.member("pipelineRunId", run.runID)
            output.member("status", state.status.rawValue)
            output.member("output") { $0.object { _ in } }
            output.member("input") { $0.object { _ in } }
            output.member("userProperties") { $0.object { _ in } }
        }
    }
}
