internal import AzureIdentity

/// Names one data factory. What it holds has been checked against Azure's naming rules, so it is safe in a URL.
public struct FactoryReference: Sendable, Hashable {
    /// The subscription's id, as it was given.
    public let subscriptionID: String

    /// The resource group's name, as it was given.
    public let resourceGroup: String

    /// The factory's name, as it was given.
    public let factory: String

    /// The factory's ARM path, percent-encoded, with a leading and without a trailing slash.
    public let resourcePath: String

    /// Checks the names.
    ///
    /// - Throws: ``ResourceNameError`` for the first name that breaks its rule.
    public init(subscriptionID: String, resourceGroup: String, factory: String) throws(ResourceNameError) {
        try ResourceName.checkSubscription(subscriptionID)
        try ResourceName.checkResourceGroup(resourceGroup)
        try ResourceName.checkFactory(factory)
        self.subscriptionID = subscriptionID
        self.resourceGroup = resourceGroup
        self.factory = factory
        resourcePath =
            "/subscriptions/\(PercentEncoding.encode(subscriptionID))"
            + "/resourceGroups/\(PercentEncoding.encode(resourceGroup))"
            + "/providers/Microsoft.DataFactory/factories/\(PercentEncoding.encode(factory))"
    }
}
