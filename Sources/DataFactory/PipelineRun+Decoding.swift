extension PipelineRun: Decodable {
    private enum CodingKeys: String, CodingKey {
        case runID = "runId"
        case status, pipelineName, parameters, runStart, runEnd, lastUpdated, message
    }

    /// Reads the service's JSON; only a missing run id is an error.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            let text = (try? values.decodeIfPresent(Scalar.self, forKey: key))?.text
            return text?.isEmpty == false ? text : nil
        }
        let parameters = try? values.decodeIfPresent([String: Scalar].self, forKey: .parameters)
        self.init(
            runID: try values.decode(String.self, forKey: .runID),
            status: text(.status).map(Status.init(rawValue:)),
            pipelineName: text(.pipelineName),
            parameters: parameters?.compactMapValues(\.text) ?? [:],
            runStart: text(.runStart),
            runEnd: text(.runEnd),
            lastUpdated: text(.lastUpdated),
            message: text(.message)
        )
    }

    /// A string, or something the service should have written as one. Nil for null, arrays and objects.
    private struct Scalar: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            guard let container = try? decoder.singleValueContainer() else {
                text = nil
                return
            }
            if let string = try? container.decode(String.self) {
                text = string
            } else if let flag = try? container.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let integer = try? container.decode(Int64.self) {
                text = "\(integer)"
            } else if let number = try? container.decode(Double.self) {
                text = "\(number)"
            } else {
                text = nil
            }
        }
    }
}
