/// One field a query is ordered by.
struct RunOrdering: Sendable {
    enum Field: String, CaseIterable {
        case runStart = "RunStart"
        case runEnd = "RunEnd"
        case pipelineName = "PipelineName"
        case status = "Status"
    }

    enum Direction: String, CaseIterable {
        case ascending = "ASC"
        case descending = "DESC"
    }

    let field: Field
    let direction: Direction

    init(_ reader: ScenarioReader) throws(ScenarioError) {
        let members = try reader.object(knowing: ["orderBy", "order"])
        self.field = try members.required("orderBy").choice(Field.self)
        self.direction = try members.required("order").choice(Direction.self)
    }

    /// Sorts; what is equal keeps its order.
    func sorted(_ matches: [(run: PipelineRun, state: RunState)]) -> [(run: PipelineRun, state: RunState)] {
        switch direction {
        case .ascending: return matches.sorted { isBefore($0, $1) }
        case .descending: return matches.sorted { isBefore($1, $0) }
        }
    }

    private func isBefore(
        _ one: (run: PipelineRun, state: RunState),
        _ other: (run: PipelineRun, state: RunState)
    ) -> Bool {
        switch field {
        case .runStart: one.run.createdAt < other.run.createdAt
        case .pipelineName: one.run.order.pipeline.definition.name < other.run.order.pipeline.definition.name
        case .status: one.state.status.rawValue < other.state.status.rawValue
        case .runEnd:
            switch (one.state.end, other.state.end) {
            case (let one?, let other?): one < other
            case (_?, nil): true
            case (nil, _): false
            }
        }
    }
}
