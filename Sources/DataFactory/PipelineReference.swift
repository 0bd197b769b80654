internal import AzureIdentity

/// Names one pipeline. What it holds has been checked against Azure's naming rules, so it is safe in a URL.
public struct PipelineReference: Sendable, Hashable {
    /// The factory the pipeline belongs to.
    public let factoryReference: FactoryReference

    /// The pipeline's name, as it was given.
    public let pipeline: String

    /// The pipeline's ARM path, percent-encoded, with a leading and without a trailing slash.
    public let resourcePath: String

    /// Checks the names.
    ///
    /// - Throws: ``ResourceNameError`` for the first name that breaks its rule.
    public init(
        subscriptionID: String,
        resourceGroup: String,
        factory: String,
        pipeline: String
    ) throws(ResourceNameError) {
        let factoryReference = try FactoryReference(
            subscriptionID: subscriptionID,
            resourceGroup: resourceGroup,
            factory: factory
        )
        try self.init(factory: factoryReference, pipeline: pipeline)
    }

    /// Checks the pipeline's name; the factory's names were checked when its reference was made.
    ///
    /// - Throws: ``ResourceNameError`` if the pipeline's name breaks its rule.
    public init(factory: FactoryReference, pipeline: String) throws(ResourceNameError) {
        try ResourceName.checkPipeline(pipeline)
        factoryReference = factory
        self.pipeline = pipeline
        resourcePath = "\(factory.resourcePath)/pipelines/\(PercentEncoding.encode(pipeline))"
    }

    /// The subscription's id, as it was given.
    public var subscriptionID: String { factoryReference.subscriptionID }

    /// The resource group's name, as it was given.
    public var resourceGroup: String { factoryReference.resourceGroup }

    /// The factory's name, as it was given.
    public var factory: String { factoryReference.factory }
}
