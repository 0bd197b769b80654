/// The body of queryPipelineRuns.
struct RunQuery: Sendable {
    /// Runs in one answer, as the service has it.
    static let pageSize = 100

    let window: RunWindow
    let filters: [RunFilter]
    let walk: Walk
    let start: ContinuationToken?

    /// The way through the runs.
    enum Walk: Sendable {
        /// In order of creation, forward or backward.
        case byCreation(RunOrdering.Direction)
        /// Sorted by these fields.
        case sorted([RunOrdering])
    }

    /// - Throws: `ManagementError` 400 if the body is not such a query or lacks one of its two bounds.
    init(_ body: [UInt8]) throws(ManagementError) {
        do throws(ScenarioError) {
            let members = try ScenarioReader(body).object(knowing: RunWindow.members)
            self.window = try RunWindow(members)
            self.filters = try Self.list(members["filters"]).map { reader throws(ScenarioError) in
                try RunFilter(reader)
            }
            let order = try Self.list(members["orderBy"]).map { reader throws(ScenarioError) in
                try RunOrdering(reader)
            }
            // Runs are kept by their start, so that order needs no sorting.
            let walk: Walk =
                if order.isEmpty {
                    .byCreation(.ascending)
                } else if order.count == 1, order[0].field == .runStart {
                    .byCreation(order[0].direction)
                } else {
                    .sorted(order)
                }
            self.walk = walk
            self.start = try Self.token(members["continuationToken"], walk)
        } catch {
            throw .badRequest("The query is not valid. \(error)")
        }
    }

    /// The group whose runs alone can fit; nil if the filters name none.
    var group: GUID? {
        filters.lazy.compactMap(\.group).first
    }

    /// Whether a run is among those asked for, but for the factory it belongs to.
    func accepts(_ run: PipelineRun, _ state: RunState) -> Bool {
        state.lastUpdated >= window.after && state.lastUpdated <= window.before
            && filters.allSatisfy { $0.accepts(run, state) }
    }

    private static func list(_ reader: ScenarioReader?) throws(ScenarioError) -> [ScenarioReader] {
        guard let reader, !reader.isNull else { return [] }
        return try reader.elements()
    }

    private static func token(_ reader: ScenarioReader?, _ walk: Walk) throws(ScenarioError) -> ContinuationToken? {
        guard let reader, !reader.isNull else { return nil }
        guard let token = ContinuationToken(try reader.string()), token.fits(walk) else {
            throw reader.wrong("must be a token of an earlier answer to the same query")
        }
        return token
    }
}
