internal import DataFactory
internal import FoundationEssentials
internal import NIOConcurrencyHelpers
internal import TriggerWorker

/// How far a run is looked for by its marker.
struct MarkerSettings: Sendable {
    /// How long ago its last change may be.
    var lookBack = Duration.seconds(24 * 3600)
    /// How many pages of 100 runs are read at once, and remembered.
    var pageLimit = 100
}

/// Finds the runs of one pipeline by their markers. Those who search at the same time share what is read.
actor MarkerIndex {
    /// What a search came to.
    enum Finding: Sendable, Hashable {
        /// The id of the run.
        case run(String)
        /// There is none.
        case absent
        /// There are more runs than may be read.
        case incomplete
        /// It is not shown, and Data Factory has not shown all runs yet that it was asked for by then.
        case unsettled
    }

    private let client: DataFactoryClient
    private let pipeline: PipelineReference
    private let pageLimit: Int
    private var book: MarkerBook
    private var walk: Task<Result<Void, DataFactoryError>, Never>?

    init(
        of pipeline: PipelineReference,
        marker parameter: String,
        _ settings: MarkerSettings,
        _ client: DataFactoryClient
    ) {
        self.pipeline = pipeline
        self.client = client
        pageLimit = settings.pageLimit
        book = MarkerBook(
            marker: parameter,
            lookBack: settings.lookBack / .seconds(1),
            capacity: settings.pageLimit * 100
        )
    }

    /// - Parameter calledUntil: Until when createRun may have been called for it; its absence must be proved then.
    func search(for marker: String, calledUntil: Date?) async throws(DataFactoryError) -> Finding {
        if let runID = book.runID(of: marker) { return .run(runID) }
        // Asked before the runs are read: one that is shown in between would be missed the other way round.
        var isShown = true
        if let calledUntil, !book.isShown(until: calledUntil) { isShown = try await factoryShows(until: calledUntil) }
        try await refresh()
        if let runID = book.runID(of: marker) { return .run(runID) }
        guard book.isComplete(at: Date()) else { return .incomplete }
        return isShown || calledUntil.map { book.isShown(until: $0) } ?? true ? .absent : .unsettled
    }

    /// Whether a later run of any pipeline is shown.
    private func factoryShows(until moment: Date) async throws(DataFactoryError) -> Bool {
        let later = moment.addingTimeInterval(MarkerBook.disorder)
        let query = Self.query(after: later, at: Date(), filters: [])
        let page = try await client.runs(query, in: pipeline.factoryReference, continuationToken: nil)
        return page.runs.contains { $0.startDate.map { $0 >= later } ?? false }
    }

    /// Reads what has changed, beginning after this call: what is shown by now is known then.
    private func refresh() async throws(DataFactoryError) {
        if let walk { _ = await walk.value }
        guard let walk else { return try await beginWalk().value.get() }
        do {
            try await walk.value.get()
        } catch {
            throw error.shared
        }
    }

    /// Not a child of the caller's task: it belongs to all who wait. It ends with the client's time-outs.
    private func beginWalk() -> Task<Result<Void, DataFactoryError>, Never> {
        let task = Task(name: "runs of \(pipeline.pipeline)") {
            let result = await read()
            walk = nil
            return result
        }
        walk = task
        return task
    }

    private func read() async -> Result<Void, DataFactoryError> {
        var reading = book.walk(at: Date())
        let query = Self.query(
            after: reading.updatedAfter,
            at: reading.begin,
            filters: [.pipeline(pipeline.pipeline)]
        )
        var isAtEnd = false
        do throws(DataFactoryError) {
            for try await page in client.pages(of: query, in: pipeline.factoryReference, limit: pageLimit) {
                book.read(page, in: &reading)
                isAtEnd = page.continuationToken == nil
            }
        } catch {
            return .failure(error)
        }
        book.end(reading, isAtEnd: isAtEnd)
        return .success(())
    }

    private static func query(after moment: Date, at now: Date, filters: [RunQuery.Filter]) -> RunQuery {
        RunQuery(
            updatedAfter: moment,
            // A little into the future: the service's clock is not ours.
            updatedBefore: max(moment, now).addingTimeInterval(600),
            filters: filters,
            order: [RunQuery.Ordering(.runStart, .descending)]
        )
    }
}

extension DataFactoryError {
    /// The same for those who waited for somebody else's call: what went unanswered was one call, not one for each.
    fileprivate var shared: DataFactoryError {
        DataFactoryError(
            disposition: disposition,
            status: status,
            code: code,
            message: message,
            azureRequestID: azureRequestID,
            retryAfter: retryAfter
        )
    }
}

/// The indexes of a worker.
final class MarkerIndexes: Sendable {
    private struct Key: Hashable {
        let pipeline: String
        let parameter: String
    }

    /// More pipelines than this, and an index begins anew: requesters may name any pipeline where the policy is open.
    private static let limit = 64

    // <= limit
    private let indexes = NIOLockedValueBox<[Key: MarkerIndex]>([:])

    func index(of pipeline: PipelineReference, marker parameter: String, make: () -> MarkerIndex) -> MarkerIndex {
        let key = Key(pipeline: pipeline.resourcePath.lowercased(), parameter: parameter)
        return indexes.withLockedValue { indexes in
            if let index = indexes[key] { return index }
            if indexes.count >= Self.limit { indexes.remove(at: indexes.startIndex) }
            let index = make()
            indexes[key] = index
            return index
        }
    }
}
