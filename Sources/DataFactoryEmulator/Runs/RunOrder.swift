/// What a createRun call asks for, checked and ready to be started.
struct RunOrder: Sendable {
    var factory: FactoryEntry
    var pipeline: PipelineEntry
    /// As the client wrote it.
    var clientRequestID: String?
    /// The body as it came.
    var received: [UInt8] = Array("{}".utf8)
    /// What the run is given: the body, or the parameters of the run referred to.
    var parameters: [UInt8] = Array("{}".utf8)
    var options = RunOptions()
    /// The group of the run it recovers.
    var groupID: String?
    /// Why the run will fail; nil leaves it to the pipeline's outcome.
    var failure: String?
    /// It fails the moment it is created, and takes no place.
    var failsAtOnce = false

    init(factory: FactoryEntry, pipeline: PipelineEntry, clientRequestID: String?) {
        self.factory = factory
        self.pipeline = pipeline
        self.clientRequestID = clientRequestID
    }
}
