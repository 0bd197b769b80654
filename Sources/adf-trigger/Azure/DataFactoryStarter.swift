internal import AzureIdentity
internal import DataFactory
internal import TriggerWorker

/// The worker's way to Azure Data Factory: the core client.
struct DataFactoryStarter: RunStarter {
    private let client: DataFactoryClient

    init(_ client: DataFactoryClient) {
        self.client = client
    }

    func check(_ target: Target) throws(RequestError) {
        try Self.checkNames(of: target)
    }

    private static func checkNames(of target: Target) throws(RequestError) {
        do {
            _ = try PipelineReference(target)
        } catch {
            throw RequestError(.invalid, code: "InvalidName", "the target's \(error)")
        }
    }

    /// What is wrong with the configured targets by Azure's rules of naming; their users would be told of it otherwise.
    static func faults(of aliases: [String: Target]) -> [String] {
        aliases.sorted { $0.key < $1.key }.compactMap { alias, target in
            do throws(RequestError) {
                try checkNames(of: target)
                return nil
            } catch {
                return "targets.\(alias): \(error.message)"
            }
        }
    }

    func startRun(
        of target: Target,
        parameters: [UInt8],
        options: StartOptions,
        runID: String
    ) async throws(StartFailure) -> String {
        let pipeline: PipelineReference
        do {
            pipeline = try PipelineReference(target)
        } catch {
            throw StartFailure(.refused, code: "InvalidName", message: "the target's \(error)")
        }
        do {
            return try await client.createRun(
                pipeline,
                parameters: parameters,
                options: RunOptions(options),
                clientRequestID: runID
            ).runID
        } catch {
            throw StartFailure(error)
        }
    }
}

extension DataFactoryStarter {
    func findRun(_ runID: String, of target: Target) async throws(StartFailure) -> ExistingRun? {
        let factory: FactoryReference
        do {
            factory = try PipelineReference(target).factoryReference
        } catch {
            throw StartFailure(.refused, code: "InvalidName", message: "the target's \(error)")
        }
        do {
            return try await client.run(runID, in: factory).map { run in
                ExistingRun(
                    runID: run.runID,
                    pipeline: run.pipelineName,
                    parameters: run.parameters,
                    startedAt: run.startDate
                )
            }
        } catch {
            throw StartFailure(error)
        }
    }
}

extension StartFailure {
    fileprivate init(_ error: DataFactoryError) {
        let meaning: Meaning
        switch error.disposition {
        case .safe: meaning = .notStarted
        case .throttled: meaning = .throttled
        case .ambiguous: meaning = .ambiguous
        case .permanent: meaning = .refused
        case .access: meaning = .target
        case .credential: meaning = .credential
        }
        self.init(
            meaning,
            code: error.code,
            message: error.message,
            httpStatus: error.status,
            azureRequestID: error.azureRequestID,
            retryAfter: error.retryAfter,
            isUnanswered: error.isUnanswered
        )
    }
}

extension DataFactoryError {
    /// Whether nothing came back from Azure.
    fileprivate var isUnanswered: Bool {
        guard case .transport(let error) = underlying else { return false }
        return error.code != .cancelled
    }
}
