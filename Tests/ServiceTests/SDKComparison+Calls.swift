import AzureIdentity
import DataFactory
import Foundation
import TestSupport

extension SDKComparison {
    /// The calls that both make; each has a case of the same name in `sdk_check.py`.
    enum Call: String, CaseIterable, Sendable {
        case createRun
        case createRunWithParameters = "createRun with parameters"
        case createRunWithOptions = "createRun with options"
        case run
        case pipeline
        case pipelineIfChanged = "pipeline if changed"
        case runs
        case runsContinued = "runs continued"
        case cancel
        case tokenBySecret = "token by secret"
        case tokenByCertificate = "token by certificate"

        /// The emulator's name of the route.
        var route: String {
            switch self {
            case .createRun, .createRunWithParameters, .createRunWithOptions: "createRun"
            case .run: "getRun"
            case .pipeline, .pipelineIfChanged: "getPipeline"
            case .runs, .runsContinued: "queryRuns"
            case .cancel: "cancelRun"
            case .tokenBySecret, .tokenByCertificate: "token"
            }
        }
    }
}
