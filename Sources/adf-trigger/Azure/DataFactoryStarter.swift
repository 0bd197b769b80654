internal import AzureIdentity
internal import DataFactory
internal import FoundationEssentials
internal import TriggerWorker

/// The worker's way to Azure Data Factory: the core client.
struct DataFactoryStarter: RunStarter {
    private let client: DataFactoryClient
    private let markers: MarkerSettings
    private let indexes = MarkerIndexes()
    private let pipelines = CheckedPipelines()

    init(_ client: DataFactoryClient, markers: MarkerSettings = MarkerSettings()) {
        self.client = client
        self.markers = markers
    }

    func check(_ target: Target) throws(RequestError) {
        do {
            _ = try pipelines.reference(to: target)
        } catch {
            throw RequestError(.invalid, code: "InvalidName", "the target's \(error)")
        }
    }

    private func pipeline(of target: Target) throws(StartFailure) -> PipelineReference {
        do {
            return try pipelines.reference(to: target)
        } catch {
            throw StartFailure(.refused, code: "InvalidName", message: "the target's \(error)")
        }
    }

    /// What is wrong with the configured targets by Azure's rules of naming; their users would be told of it otherwise.
    static func faults(of aliases: [String: Target]) -> [String] {
        aliases.sorted { $0.key < $1.key }.compactMap { alias, target in
            do throws(ResourceNameError) {
                _ = try PipelineReference(target)
                return nil
            } catch {
                return "targets.\(alias): the target's \(error)"
            }
        }
    }

    func startRun(
        of target: Target,
        parameters: [UInt8],
        options: StartOptions,
        runID: String
    ) async throws(StartFailure) -> String {
        let pipeline = try pipeline(of: target)
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
        let factory = try pipeline(of: target).factoryReference
        do {
            return try await client.run(runID, in: factory).map { ExistingRun($0) }
        } catch {
            throw StartFailure(error)
        }
    }
}

extension DataFactoryStarter {
    func findRun(_ marked: MarkedRun, of target: Target) async throws(StartFailure) -> MarkerSearch {
        let pipeline = try pipeline(of: target)
        let index = indexes.index(of: pipeline, marker: marked.parameter) {
            MarkerIndex(of: pipeline, marker: marked.parameter, markers, client)
        }
        let finding: MarkerIndex.Finding
        do {
            finding = try await index.search(for: marked.value, calledUntil: marked.calledUntil)
        } catch {
            throw StartFailure(error)
        }
        switch finding {
        case .run(let runID): return .found(try await findRun(runID, of: target) ?? ExistingRun(runID: runID))
        case .absent: return .absent
        case .incomplete: return .incomplete
        case .unsettled: return .unsettled
        }
    }
}

extension ExistingRun {
    fileprivate init(_ run: PipelineRun) {
        self.init(runID: run.runID, pipeline: run.pipelineName, parameters: run.parameters, startedAt: run.startDate)
    }
}

extension StartFailure {
    fileprivate convenience init(_ error: DataFactoryError) {
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
            isUnanswered: error.isUnanswered,
            isAccepted: error.status.map { (200..<300).contains($0) } ?? false
        )
    }
}

extension DataFactoryError {
    /// Whether nothing came back from Azure.
    fileprivate var isUnanswered: Bool {
        guard case .transport(let error) = underlying else { return false }
        return error.code != .cancelled && error.status == nil
    }
}
