extension PipelineDefinition: Decodable {
    private enum CodingKeys: String, CodingKey { case name, etag, properties }

    private struct Properties: Decodable {
        let description: String?
        let parameters: [String: Declaration]
        let concurrency: Int?

        private enum CodingKeys: String, CodingKey { case description, parameters, concurrency }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            description = try? values.decodeIfPresent(String.self, forKey: .description)
            parameters = try values.decodeIfPresent([String: Declaration].self, forKey: .parameters) ?? [:]
            concurrency = try? values.decodeIfPresent(Int.self, forKey: .concurrency)
        }
    }

    private struct Declaration: Decodable {
        let kind: PipelineParameter.Kind?
        let hasDefault: Bool

        private enum CodingKeys: String, CodingKey { case type, defaultValue }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            kind = (try? values.decodeIfPresent(String.self, forKey: .type)).map(PipelineParameter.Kind.init(rawValue:))
            // A null counts: to demand a value that the service does not demand would refuse good runs.
            hasDefault = values.contains(.defaultValue)
        }
    }

    /// Reads the service's JSON. Parameters that cannot be read are an error: a caller who took them for none, or for
    /// others, would refuse good runs.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let properties = try values.decode(Properties.self, forKey: .properties)
        self.init(
            name: try? values.decodeIfPresent(String.self, forKey: .name),
            etag: try? values.decodeIfPresent(String.self, forKey: .etag),
            description: properties.description,
            parameters: properties.parameters.map { name, declaration in
                PipelineParameter(name: name, kind: declaration.kind, hasDefault: declaration.hasDefault)
            },
            concurrency: properties.concurrency
        )
    }
}
