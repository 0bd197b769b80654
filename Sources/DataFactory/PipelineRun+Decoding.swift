extension PipelineRun: Decodable {
    private enum CodingKeys: String, CodingKey {
        case runID = "runId"
        case runGroupID = "runGroupId"
        case status, pipelineName, parameters, runStart, runEnd, lastUpdated, message, isLatest, invokedBy, durationInMs
        case runDimensions, runDimension, annotations
    }

    /// Reads the service's JSON; only a missing run id is an error.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            let text = (try? values.decodeIfPresent(JSONScalar.self, forKey: key))?.text
            return text?.isEmpty == false ? text : nil
        }
        func texts(_ key: CodingKeys) -> [String: String]? {
            (try? values.decodeIfPresent([String: JSONScalar].self, forKey: key))?.compactMapValues(\.text)
        }
        let id = try values.decode(String.self, forKey: .runID)
        guard !id.isEmpty else {
            throw DecodingError.dataCorruptedError(forKey: .runID, in: values, debugDescription: "is empty")
        }
        self.init(
            runID: id,
            status: text(.status).map(Status.init(rawValue:)),
            pipelineName: text(.pipelineName),
            parameters: texts(.parameters) ?? [:],
            runStart: text(.runStart),
            runEnd: text(.runEnd),
            lastUpdated: text(.lastUpdated),
            message: text(.message),
            duration: (try? values.decodeIfPresent(Int64.self, forKey: .durationInMs)).map { .milliseconds($0) },
            runGroupID: text(.runGroupID),
            isLatest: try? values.decodeIfPresent(Bool.self, forKey: .isLatest),
            invokedBy: try? values.decodeIfPresent(Invoker.self, forKey: .invokedBy),
            // The specification has the first name, the service the second.
            runDimensions: texts(.runDimensions) ?? texts(.runDimension) ?? [:],
            annotations: (try? values.decodeIfPresent([JSONScalar].self, forKey: .annotations))?.compactMap(\.text)
                ?? []
        )
    }
}

extension PipelineRun.Invoker: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, name, pipelineName
        case type = "invokedByType"
        case pipelineRunID = "pipelineRunId"
    }

    /// Reads the service's JSON; every member may be missing.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            (try? values.decodeIfPresent(JSONScalar.self, forKey: key))?.text
        }
        self.init(
            id: text(.id),
            name: text(.name),
            type: text(.type),
            pipelineName: text(.pipelineName),
            pipelineRunID: text(.pipelineRunID)
        )
    }
}
