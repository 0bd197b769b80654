/// The body of queryPipelineRuns.
struct RunQuery: Sendable {
    /// Runs in one answer, as the service has it.
    static let pageSize = 100

    private let after: Timestamp
    private let before: Timestamp
    private let filters: [RunFilter]
    private let order: [RunOrdering]
    private let start: ContinuationToken?

    /// - Throws: `ManagementError` 400 if the body is not such a query or lacks one of its two bounds.
    init(_ body: [UInt8]) throws(ManagementError) {
        let reader: ScenarioReader
        do throws(ScenarioError) {
            reader = try ScenarioReader(body)
            let members = try reader.object(knowing: [
                "lastUpdatedAfter", "lastUpdatedBefore", "filters", "orderBy", "continuationToken",
            ])
            self.after = try Self.moment(members.required("lastUpdatedAfter"))
            self.before = try Self.moment(members.required("lastUpdatedBefore"))
            self.filters = try Self.list(members["filters"]).map { reader throws(ScenarioError) in try RunFilter(reader)
            }
            self.order = try Self.list(members["orderBy"]).map { reader throws(ScenarioError) in try RunOrdering(reader)
            }
            self.start = try Self.token(members["continuationToken"])
        } catch {
            throw .badRequest("The query is not valid. \(error)")
        }
    }

    /// One page of the runs that fit.
    /// - Parameter lag: younger runs are not in the index yet.
    func page(
        of all: [PipelineRun],
        in factory: FactoryEntry,
        at now: Timestamp,
        lag: Duration
    ) -> (runs: [PipelineRun], continuationToken: String?) {
        // Runs started after the first page do not shift the later ones.
        let limit = min(start?.runCount ?? all.count, all.count)
        var matches: [(run: PipelineRun, state: RunState)] = []
        for run in all[..<limit] where run.order.factory === factory && run.createdAt + lag <= now {
            let state = run.state(at: now)
            guard state.lastUpdated >= after, state.lastUpdated <= before else { continue }
            if filters.allSatisfy({ $0.accepts(run, state) }) { matches.append((run, state)) }
        }
        for ordering in order.reversed() {
            matches = ordering.sorted(matches)
        }
        let first = min(start?.offset ?? 0, matches.count)
        let end = min(first + Self.pageSize, matches.count)
        let next = end < matches.count ? ContinuationToken(offset: end, runCount: limit).text : nil
        return (matches[first..<end].map(\.run), next)
    }

    private static func moment(_ reader: ScenarioReader) throws(ScenarioError) -> Timestamp {
        guard let moment = Timestamp(try reader.string()) else { throw reader.wrong("must be an RFC 3339 time") }
        return moment
    }

    private static func list(_ reader: ScenarioReader?) throws(ScenarioError) -> [ScenarioReader] {
        guard let reader, !reader.isNull else { return [] }
        return try reader.elements()
    }

    private static func token(_ reader: ScenarioReader?) throws(ScenarioError) -> ContinuationToken? {
        guard let reader, !reader.isNull else { return nil }
        guard let token = ContinuationToken(try reader.string()) else {
            throw reader.wrong("must be a token of an earlier answer")
        }
        return token
    }
}

/// Where the next page begins.
private struct ContinuationToken {
    var offset: Int
    /// How many runs there were at the first page.
    var runCount: Int

    init(offset: Int, runCount: Int) {
        self.offset = offset
        self.runCount = runCount
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".")
        guard parts.count == 3, parts[0] == "page", let offset = Int(parts[1], radix: 36), offset >= 0,
            let runCount = Int(parts[2], radix: 36), runCount >= 0
        else { return nil }
        self.init(offset: offset, runCount: runCount)
    }

    var text: String { "page.\(String(offset, radix: 36)).\(String(runCount, radix: 36))" }
}
