/// The pipeline a request starts.
///
/// Its parts are what the requester or the configuration wrote; whether they are names Azure allows is the core
/// client's judgement (``RunStarter/check(_:)``), made before a URL is built of them.
///
/// What is made of the names for every request is made once for each target, and a copy shares it.
package struct Target: Sendable, Hashable {
    private let texts: Texts

    /// The longest name that is compared or looked up, in bytes: Azure's have 260 characters at most.
    ///
    /// `String` takes time by the square of a text's length for that, where the text holds many combining marks: 5 s for
    /// 256 KiB.
    static let nameByteLimit = 1040

    /// Names a pipeline.
    package init(subscriptionID: String, resourceGroup: String, factory: String, pipeline: String) {
        texts = Texts(subscriptionID, resourceGroup, factory, pipeline)
    }

    /// The subscription's id.
    package var subscriptionID: String { texts.subscriptionID }
    /// The resource group's name.
    package var resourceGroup: String { texts.resourceGroup }
    /// The factory's name.
    package var factory: String { texts.factory }
    /// The pipeline's name.
    package var pipeline: String { texts.pipeline }

    /// The ARM id, as written: `/subscriptions/…/pipelines/…`, not percent-encoded.
    package var resourceID: String { texts.resourceID }

    /// The ARM id of its factory.
    package var factoryID: String { texts.factoryID }

    /// The ARM id for comparing: ARM ignores case in names, and only ASCII letters are lowered, so that it means the
    /// same to every implementation.
    package var key: [UInt8] { texts.key }

    /// The ARM id of its factory, for comparing.
    package var factoryKey: String { texts.factoryKey }

    /// The target as a JSON object.
    var json: [UInt8] { texts.json }

    /// What names the factory in the address of a page of Azure Data Factory Studio.
    var portalQuery: String { texts.portalQuery }

    /// Tells it from targets made otherwise, be they equal or not, as long as it lives.
    package var instance: ObjectIdentifier { ObjectIdentifier(texts) }

    package static func == (target: Target, other: Target) -> Bool {
        target.texts === other.texts || target.names == other.names
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(names) }

    private var names: [String] { [subscriptionID, resourceGroup, factory, pipeline] }

    /// Whether ARM takes both for one pipeline. Compared as bytes: `String` takes different spellings of one character
    /// for equal, and ARM does not.
    func isSame(as other: Target) -> Bool {
        pipeline.isSameName(as: other.pipeline) && factory.isSameName(as: other.factory)
            && resourceGroup.isSameName(as: other.resourceGroup) && subscriptionID.isSameName(as: other.subscriptionID)
    }

    /// Whether both are spelled alike.
    func hasSameBytes(as other: Target) -> Bool {
        texts === other.texts
            || pipeline.hasSameBytes(as: other.pipeline) && factory.hasSameBytes(as: other.factory)
                && resourceGroup.hasSameBytes(as: other.resourceGroup)
                && subscriptionID.hasSameBytes(as: other.subscriptionID)
    }

    /// Reads an ARM id; nil where it is none of a Data Factory pipeline. Its fixed parts are compared without case.
    package init?(resourceID: String) {
        // It holds four names.
        guard resourceID.utf8.count <= 4 * Self.nameByteLimit else { return nil }
        let parts = resourceID.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 11, parts[0].isEmpty else { return nil }
        let fixed = [
            1: "subscriptions", 3: "resourcegroups", 5: "providers", 6: "microsoft.datafactory", 7: "factories",
        ]
        guard fixed.allSatisfy({ parts[$0.key].lowercased() == $0.value }), parts[9].lowercased() == "pipelines" else {
            return nil
        }
        self.init(
            subscriptionID: String(parts[2]),
            resourceGroup: String(parts[4]),
            factory: String(parts[8]),
            pipeline: String(parts[10])
        )
    }
}

extension Target {
    private final class Texts: Sendable {
        let subscriptionID: String
        let resourceGroup: String
        let factory: String
        let pipeline: String
        let resourceID: String
        let factoryID: String
        let key: [UInt8]
        let factoryKey: String
        let json: [UInt8]
        let portalQuery: String

        init(_ subscriptionID: String, _ resourceGroup: String, _ factory: String, _ pipeline: String) {
            self.subscriptionID = subscriptionID
            self.resourceGroup = resourceGroup
            self.factory = factory
            self.pipeline = pipeline
            factoryID =
                "/subscriptions/\(subscriptionID)/resourceGroups/\(resourceGroup)/providers/Microsoft.DataFactory/factories/\(factory)"
            resourceID = "\(factoryID)/pipelines/\(pipeline)"
            key = resourceID.utf8.map(\.loweringASCII)
            factoryKey = factoryID.loweringASCII
            portalQuery = "factory=\(factoryID.percentEncodingPath)"
            var json = JSONWriter()
            json.object { json in
                json.member("subscriptionId", subscriptionID)
                json.member("resourceGroup", resourceGroup)
                json.member("factory", factory)
                json.member("pipeline", pipeline)
            }
            self.json = json.bytes
        }
    }
}

extension String {
    /// For the query of a URL; what stands in paths stays as it is.
    fileprivate var percentEncodingPath: String {
        guard hasBytes(where: { !Self.isPlain($0) }) else { return self }
        let bytes = utf8.reduce(into: [UInt8]()) { encoded, byte in
            if Self.isPlain(byte) {
                encoded.append(byte)
            } else {
                encoded += "\(byte < 16 ? "%0" : "%")\(String(byte, radix: 16, uppercase: true))".utf8
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

/// A target as a request may name it.
package enum RequestedTarget: Sendable, Hashable {
    /// A name from the worker's configuration.
    case alias(String)
    /// An object whose missing members come from the configuration.
    case parts(subscriptionID: String?, resourceGroup: String?, factory: String?, pipeline: String?)
    /// An ARM id.
    case resource(Target)
}

extension RequestedTarget {
    /// Whether no name in it takes long to be looked up.
    var isShort: Bool {
        let names: [String?] =
            switch self {
            case .alias(let name): [name]
            case .resource: []  // It was measured when it was read.
            case .parts(let subscriptionID, let resourceGroup, let factory, let pipeline):
                [subscriptionID, resourceGroup, factory, pipeline]
            }
        return names.allSatisfy { $0.map { $0.utf8.count <= Target.nameByteLimit } ?? true }
    }

    /// Whether both are spelled alike.
    func hasSameBytes(as other: RequestedTarget) -> Bool {
        switch (self, other) {
        case (.alias(let name), .alias(let another)): name.hasSameBytes(as: another)
        case (.resource(let target), .resource(let another)): target.hasSameBytes(as: another)
        case (.parts(let subscription, let group, let factory, let pipeline), .parts(let s, let g, let f, let p)):
            pipeline.hasSameBytes(as: p) && factory.hasSameBytes(as: f) && group.hasSameBytes(as: g)
                && subscription.hasSameBytes(as: s)
        default: false
        }
    }
}

extension String? {
    fileprivate func hasSameBytes(as other: String?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.hasSameBytes(as: other)
    }
}
