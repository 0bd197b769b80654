/// The query options of createRun.
struct RunOptions: Sendable {
    var referenceRunID: GUID?
    var isRecovery = false
    var startActivityName: String?
    var startFromFailure = false

    init() {}

    init(_ query: FormFields, pipeline: String) throws(ManagementError) {
        if let reference = query.anyCase("referencePipelineRunId") {
            guard let id = GUID(reference) else { throw .invalidReference(reference, pipeline: pipeline) }
            self.referenceRunID = id
        }
        self.isRecovery = try Self.flag("isRecovery", query)
        self.startActivityName = query.anyCase("startActivityName")
        self.startFromFailure = try Self.flag("startFromFailure", query)
    }

    private static func flag(_ name: String, _ query: FormFields) throws(ManagementError) -> Bool {
        switch query.anyCase(name)?.lowercased() {
        case nil, "false": false
        case "true": true
        case let other?: throw .badRequest("The query parameter '\(name)' must be true or false, not '\(other)'.")
        }
    }
}
