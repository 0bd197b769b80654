internal import DataFactory
internal import TriggerWorker

extension PipelineReference {
    /// The pipeline a request means.
    ///
    /// - Throws: `ResourceNameError` for the first name that Azure does not allow.
    init(_ target: Target) throws(ResourceNameError) {
        try self.init(
            subscriptionID: target.subscriptionID,
            resourceGroup: target.resourceGroup,
            factory: target.factory,
            pipeline: target.pipeline
        )
    }
}

extension RunOptions {
    /// The options of a request.
    init(_ options: StartOptions) {
        self.init(
            referencePipelineRunID: options.referencePipelineRunID,
            isRecovery: options.isRecovery ?? false,
            startActivityName: options.startActivityName,
            startFromFailure: options.startFromFailure ?? false
        )
    }
}
