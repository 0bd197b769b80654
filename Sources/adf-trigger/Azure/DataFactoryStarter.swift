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

extension StartFailure {
    fileprivate init(_ error: DataFactoryError) {
        let meaning: Meaning
        switch error.disposition {
        case .safe, .throttled, .credential: meaning = .notStarted
        case .ambiguous: meaning = .ambiguous
        case .permanent, .access: meaning = .refused
        }
        self.init(
            meaning,
            code: error.code,
            message: error.message,
            httpStatus: error.status,
            azureRequestID: error.azureRequestID,
            retryAfter: error.retryAfter
        )
    }
}
