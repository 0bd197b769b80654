extension PipelineRun: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One line for the log: id, status and pipeline. No value of a parameter, which may be anything.
    public var description: String {
        "run \(runID) [\(status?.rawValue ?? "status unknown")]" + (pipelineName.map { " of \($0)" } ?? "")
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides the parameters from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["run": description]) }
}
