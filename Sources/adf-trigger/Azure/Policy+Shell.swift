internal import DataFactory
internal import TriggerWorker

/// Names that a person writes. The allow-list is not asked: it is for those who publish requests, and whoever runs a
/// command shows a credential of his own.
extension Policy {
    /// An alias; an ARM id; or else the name of a pipeline in the default factory.
    ///
    /// - Throws: ``CommandFailure`` where it is none, or breaks Azure's rules of naming.
    func target(named text: String) throws(CommandFailure) -> (target: Target, pipeline: PipelineReference) {
        let target = try completed(text)
        do {
            return (target, try PipelineReference(target))
        } catch {
            throw CommandFailure(.invalid, code: "InvalidName", message: "the target's \(error)")
        }
    }

    private func completed(_ text: String) throws(CommandFailure) -> Target {
        if let target = aliases[text] { return target }
        if text.hasPrefix("/") {
            guard let target = Target(resourceID: text) else {
                throw CommandFailure(
                    .invalid,
                    code: "InvalidTarget",
                    message: "\"\(text)\" is not the ARM id of a pipeline",
                    advice:
                        "write /subscriptions/…/resourceGroups/…/providers/Microsoft.DataFactory/factories/…/pipelines/…"
                )
            }
            return target
        }
        guard let home = defaultFactoryTarget(pipeline: text) else {
            throw CommandFailure(
                .configuration,
                code: "IncompleteTarget",
                message: "\"\(text)\" is no alias, and there is no default factory it could be a pipeline of",
                advice:
                    "set azure.defaultSubscriptionId, azure.defaultResourceGroup and azure.defaultFactory, or give an ARM id"
            )
        }
        return home
    }

    /// An alias, of whose target it is the factory; the ARM id of a factory or of a pipeline in it; the name of a
    /// factory in the default resource group. Nil means the default factory.
    ///
    /// - Throws: ``CommandFailure`` where it is none, or breaks Azure's rules of naming.
    func factory(named text: String?) throws(CommandFailure) -> FactoryReference {
        // The pipeline's name is there to make a whole of it, and is not looked at.
        let target: Target
        if let text {
            target = try factoryTarget(text)
        } else if let home = defaultFactoryTarget(pipeline: "any") {
            target = home
        } else {
            throw CommandFailure(
                .configuration,
                code: "NoFactory",
                message: "it is not said which factory the run belongs to",
                advice:
                    "give --factory, or set azure.defaultSubscriptionId, azure.defaultResourceGroup and azure.defaultFactory"
            )
        }
        do {
            return try FactoryReference(
                subscriptionID: target.subscriptionID,
                resourceGroup: target.resourceGroup,
                factory: target.factory
            )
        } catch {
            throw CommandFailure(.invalid, code: "InvalidName", message: "the \(error)")
        }
    }

    private func factoryTarget(_ text: String) throws(CommandFailure) -> Target {
        if let target = aliases[text] { return target }
        if text.hasPrefix("/") {
            if let target = Target(resourceID: text) ?? Target(resourceID: text + "/pipelines/any") { return target }
            throw CommandFailure(
                .invalid,
                code: "InvalidFactory",
                message: "\"\(text)\" is not the ARM id of a factory",
                advice: "write /subscriptions/…/resourceGroups/…/providers/Microsoft.DataFactory/factories/…"
            )
        }
        guard let defaultSubscriptionID, let defaultResourceGroup else {
            throw CommandFailure(
                .configuration,
                code: "IncompleteFactory",
                message: "\"\(text)\" is no alias, and there is no default resource group it could be a factory of",
                advice: "set azure.defaultSubscriptionId and azure.defaultResourceGroup, or give an ARM id"
            )
        }
        return Target(
            subscriptionID: defaultSubscriptionID,
            resourceGroup: defaultResourceGroup,
            factory: text,
            pipeline: "any"
        )
    }

    private func defaultFactoryTarget(pipeline: String) -> Target? {
        guard let defaultSubscriptionID, let defaultResourceGroup, let defaultFactory else { return nil }
        return Target(
            subscriptionID: defaultSubscriptionID,
            resourceGroup: defaultResourceGroup,
            factory: defaultFactory,
            pipeline: pipeline
        )
    }
}
