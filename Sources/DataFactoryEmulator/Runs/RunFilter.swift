/// One condition of a query.
struct RunFilter: Sendable {
    private enum Operand: String, CaseIterable {
        case pipelineName = "PipelineName"
        case status = "Status"
        case runStart = "RunStart"
        case runEnd = "RunEnd"
        case runGroupID = "RunGroupId"
        case latestOnly = "LatestOnly"
    }

    private enum Operator: String, CaseIterable {
        case equals = "Equals"
        case notEquals = "NotEquals"
        case isIn = "In"
        case notIn = "NotIn"
    }

    private let operand: Operand
    private let `operator`: Operator
    private let values: [String]
    private let moments: [Timestamp]

    init(_ reader: ScenarioReader) throws(ScenarioError) {
        let members = try reader.object(knowing: ["operand", "operator", "values"])
        let operand = try members.required("operand").choice(Operand.self)
        self.operand = operand
        self.operator = try members.required("operator").choice(Operator.self)
        let list = try members.required("values")
        let values = try list.elements().map { reader throws(ScenarioError) in
            // LatestOnly is sent with a bare true.
            if case .bool(let value) = reader.node.kind { value.description } else { try reader.string() }
        }
        guard !values.isEmpty else { throw list.wrong("must hold a value") }
        if operand == .runGroupID, values.count > 1 {
            // The service's own words, by azure-sdk-for-net #22025.
            throw list.wrong("Filter operand 'RunGroupId' does not support and array of values. It must hold one")
        }
        self.values = values.map { $0.lowercased() }
        self.moments = values.compactMap { Timestamp($0) }
        if operand == .runStart || operand == .runEnd, moments.count < values.count {
            throw list.wrong("must hold RFC 3339 times")
        }
    }

    /// The group whose runs alone it accepts; nil for any other condition.
    var group: GUID? {
        switch self.operator {
        case .equals, .isIn: operand == .runGroupID ? GUID(values[0]) : nil
        case .notEquals, .notIn: nil
        }
    }

    func accepts(_ run: PipelineRun, _ state: RunState) -> Bool {
        let isAmong =
            switch operand {
            case .pipelineName: values.contains(run.order.pipeline.definition.name.lowercased())
            case .status: values.contains(state.status.rawValue.lowercased())
            case .runGroupID: values.contains(run.groupID.lowercased())
            case .latestOnly: values.contains("false") || run.isLatest
            case .runStart: moments.contains(run.createdAt)
            case .runEnd: state.end.map { moments.contains($0) } ?? false
            }
        switch self.operator {
        case .equals, .isIn: return isAmong
        case .notEquals, .notIn: return !isAmong
        }
    }
}
