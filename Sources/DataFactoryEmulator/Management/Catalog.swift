import Crypto

/// The factories and pipelines there are, found by names in any case.
struct Catalog: Sendable {
    private let factories: [String: FactoryEntry]
    private let subscriptions: Set<String>
    private let resourceGroups: Set<String>
    /// The pipelines of all factories, in lower case.
    let pipelineNames: Set<String>

    init(_ factories: [Scenario.Factory]) {
        let entries = factories.map { FactoryEntry($0) }
        self.factories = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        self.pipelineNames = Set(factories.flatMap(\.pipelines).map { $0.name.lowercased() })
        self.subscriptions = Set(entries.map { $0.subscriptionID.lowercased() })
        self.resourceGroups = Set(entries.map { "\($0.subscriptionID)/\($0.resourceGroup)".lowercased() })
    }

    /// The subscription's key.
    func subscription(_ id: String) throws(ManagementError) -> String {
        let key = id.lowercased()
        if subscriptions.contains(key) { return key }
        throw GUID(id) == nil ? .malformedSubscription(id) : .unknownSubscription(id)
    }

    func factory(_ address: FactoryAddress) throws(ManagementError) -> FactoryEntry {
        let group = "\(address.subscriptionID)/\(address.resourceGroup)".lowercased()
        if let factory = factories["\(group)/\(address.factory.lowercased())"] { return factory }
        throw resourceGroups.contains(group) ? .unknownFactory(address) : .unknownResourceGroup(address.resourceGroup)
    }
}

/// A factory as calls find it. A class, so that a run holds it for the price of a reference.
final class FactoryEntry: Sendable {
    let subscriptionID: String
    let resourceGroup: String
    let name: String
    let key: String
    let resourceID: String
    /// How many runs may go on or wait at one time; nil is any number.
    let runLimit: Int?
    private let pipelines: [String: PipelineEntry]

    init(_ factory: Scenario.Factory) {
        self.subscriptionID = factory.subscriptionID
        self.resourceGroup = factory.resourceGroup
        self.name = factory.name
        self.key = "\(factory.subscriptionID)/\(factory.resourceGroup)/\(factory.name)".lowercased()
        let resourceID =
            "/subscriptions/\(factory.subscriptionID)/resourceGroups/\(factory.resourceGroup)"
            + "/providers/Microsoft.DataFactory/factories/\(factory.name)"
        self.resourceID = resourceID
        self.runLimit = factory.runLimit
        let entries = factory.pipelines.map { PipelineEntry($0, factoryID: resourceID) }
        self.pipelines = Dictionary(entries.map { ($0.definition.name.lowercased(), $0) }) { first, _ in first }
    }

    func pipeline(_ name: String) throws(ManagementError) -> PipelineEntry {
        guard let pipeline = pipelines[name.lowercased()] else {
            throw .unknownDocument("\(resourceID)/pipelines/\(name)")
        }
        return pipeline
    }
}

/// A pipeline as calls find it, with the answer to reading it ready made.
final class PipelineEntry: Sendable {
    let definition: Scenario.Pipeline
    let etag: String
    let json: [UInt8]

    init(_ pipeline: Scenario.Pipeline, factoryID: String) {
        self.definition = pipeline
        let properties = JSONOutput.object { output in
            output.member("activities") { $0.array { _ in } }
            output.member("parameters") { output in
                output.object { output in
                    for parameter in pipeline.parameters { parameter.write(to: &output) }
                }
            }
            if let concurrency = pipeline.concurrency { output.member("concurrency") { $0.integer(concurrency) } }
            output.member("annotations") { $0.array { _ in } }
        }
        let etag = Self.etag(of: Array("\(factoryID)/\(pipeline.name)".utf8) + properties)
        self.etag = etag
        self.json = JSONOutput.object { output in
            output.member("id", "\(factoryID)/pipelines/\(pipeline.name)")
            output.member("name", pipeline.name)
            output.member("type", "Microsoft.DataFactory/factories/pipelines")
            output.member("etag", etag)
            output.member("properties") { $0.raw(properties) }
        }
    }

    private static func etag(of bytes: [UInt8]) -> String {
        let digits = SHA256.hash(data: bytes).prefix(16).flatMap { [UInt8.hexDigit($0 >> 4), .hexDigit($0 & 15)] }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension Scenario.Parameter {
    fileprivate func write(to output: inout JSONOutput) {
        output.member(name) { output in
            output.object { output in
                output.member("type", type.rawValue)
                if let defaultValue {
                    output.member("defaultValue") { $0.raw(defaultValue.slice(of: defaultValue.root)) }
                }
            }
        }
    }
}
