internal import DataFactory
internal import Foundation
internal import TriggerWorker

/// What `run` and `runs` print on standard output: one JSON object on one line.
struct RunReport: Encodable {
    var runId: String?
    /// `started`, `not-started`, `unknown`, or Data Factory's own word for where the run stands.
    var status: String?
    var adopted: Bool?
    var attempts: Int?
    var target: Pipeline?
    var azureRequestId: String?
    var portalUrl: String?
    /// Where Data Factory did not use the id it was asked for.
    var requestedRunId: String?

    var pipeline: String?
    var parameters: [String: String]?
    /// Shared by a run and those that recover it.
    var runGroupId: String?
    var isLatest: Bool?
    var runStart: String?
    var runEnd: String?
    var lastUpdated: String?
    var durationInMs: Int?
    var message: String?

    var error: Fault?

    /// The pipeline of a run, under the names of the request contract.
    struct Pipeline: Encodable {
        var subscriptionId: String
        var resourceGroup: String
        var factory: String
        var pipeline: String

        init(_ target: Target) {
            subscriptionId = target.subscriptionID
            resourceGroup = target.resourceGroup
            factory = target.factory
            pipeline = target.pipeline
        }
    }

    /// Why the command did not do what it was asked.
    struct Fault: Encodable {
        var `class`: String
        var code: String
        var message: String
        var httpStatus: Int?
        var azureRequestId: String?

        init(_ failure: CommandFailure) {
            `class` = failure.errorClass.rawValue
            code = failure.code
            message = failure.message
            httpStatus = failure.httpStatus
            azureRequestId = failure.azureRequestID
        }
    }

    /// Where the run stands.
    mutating func add(_ run: PipelineRun) {
        if let status = run.status { self.status = status.rawValue }
        runStart = run.runStart
        runEnd = run.runEnd
        // Nil for what no run lasts: the quotient is a Double, and the largest integers are none of its values.
        durationInMs = run.duration.flatMap { Int(exactly: ($0 / .milliseconds(1)).rounded()) }
        message = run.message
    }

    /// Everything Data Factory tells of a run.
    init(showing run: PipelineRun) {
        runId = run.runID
        add(run)
        pipeline = run.pipelineName
        parameters = run.parameters
        runGroupId = run.runGroupID
        isLatest = run.isLatest
        lastUpdated = run.lastUpdated
    }

    /// Nothing known yet.
    init() {}
}
