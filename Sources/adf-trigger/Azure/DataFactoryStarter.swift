internal import AzureIdentity
internal import DataFactory
internal import FoundationEssentials
internal import TriggerWorker

/// The worker's way to Azure Data Factory: the core client.
struct DataFactoryStarter: RunStarter {
    private let client: DataFactoryClient
    private let markers: MarkerSettings

    init(_ client: DataFactoryClient, markers: MarkerSettings = MarkerSettings()) {
        self.client = client
        self.markers = markers
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

    private static func pipeline(of target: Target) throws(StartFailure) -> PipelineReference {
        do {
            return try PipelineReference(target)
        } catch {
            throw StartFailure(.refused, code: "InvalidName", message: "the target's \(error)")
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
        let pipeline = try Self.pipeline(of: target)
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
        let factory = try Self.pipeline(of: target).factoryReference
        do {
            return try await client.run(runID, in: factory).map { ExistingRun($0) }
        } catch {
            throw StartFailure(error)
        }
    }
}

extension DataFactoryStarter {
    func findRun(
        markedBy parameter: String,
        as value: String,
        of target: Target
    ) async throws(StartFailure) -> MarkerSearch {
        let pipeline = try Self.pipeline(of: target)
        // A little into the future: the service's clock is not ours.
        let now = Date()
        let query = RunQuery(
            updatedAfter: now.addingTimeInterval(-(markers.lookBack / .seconds(1))),
            updatedBefore: now.addingTimeInterval(600),
            filters: [.pipeline(target.pipeline)],
            order: [RunQuery.Ordering(.runStart, .descending)]
        )
        do throws(DataFactoryError) {
            var isLast = false
            for try await page in client.pages(of: query, in: pipeline.factoryReference, limit: markers.pageLimit) {
                for run in page.runs where run.isMarked(by: parameter, as: value) {
                    return .found(ExistingRun(run))
                }
                // A run that could not be read may be the one.
                if page.unreadableCount > 0 { return .incomplete }
                isLast = page.continuationToken == nil
            }
            return isLast ? .absent : .incomplete
        } catch {
            throw StartFailure(error)
        }
    }
}

/// How far a run is looked for by its marker.
struct MarkerSettings: Sendable {
    /// How long ago its last change may be.
    var lookBack = Duration.seconds(24 * 3600)
    /// How many pages of 100 runs are read.
    var pageLimit = 20
}

extension PipelineRun {
    fileprivate func isMarked(by parameter: String, as value: String) -> Bool {
        parameters.contains { $0.key.lowercased() == parameter.lowercased() && $0.value.lowercased() == value }
    }
}

extension ExistingRun {
    fileprivate init(_ run: PipelineRun) {
        self.init(runID: run.runID, pipeline: run.pipelineName, parameters: run.parameters, startedAt: run.startDate)
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
