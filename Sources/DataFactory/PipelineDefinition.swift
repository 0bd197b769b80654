/// What a pipeline declares, as far as it matters to whoever starts it.
public struct PipelineDefinition: Sendable, Hashable {
    /// The name, as its author wrote it.
    public let name: String?

    /// The tag of this version, as the service wrote it; changes with every change of the pipeline.
    public internal(set) var etag: String?

    /// What the author says about it.
    public let description: String?

    /// The declared parameters, in order of name.
    public let parameters: [PipelineParameter]

    /// How many runs go on at a time, 1 to 50; further ones are queued. Nil means no bound.
    public let concurrency: Int?

    /// Makes a value; for tests of callers.
    public init(
        name: String? = nil,
        etag: String? = nil,
        description: String? = nil,
        parameters: [PipelineParameter] = [],
        concurrency: Int? = nil
    ) {
        self.name = name
        self.etag = etag
        self.description = description
        self.parameters = parameters.sorted { $0.name < $1.name }
        self.concurrency = concurrency
    }

    /// The declaration of a parameter, whatever the case of its letters: a pipeline cannot have two whose names differ
    /// in case alone.
    public func parameter(named name: String) -> PipelineParameter? {
        let wanted = name.lowercased()
        return parameters.first { $0.name == name } ?? parameters.first { $0.name.lowercased() == wanted }
    }
}
