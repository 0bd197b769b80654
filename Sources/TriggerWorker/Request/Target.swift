/// The pipeline a request starts.
///
/// Its parts are what the requester or the configuration wrote; whether they are names Azure allows is the core
/// client's judgement (``RunStarter/check(_:)``), made before a URL is built of them.
package struct Target: Sendable, Hashable {
    package var subscriptionID: String
    package var resourceGroup: String
    package var factory: String
    package var pipeline: String

    /// The longest name that is compared or looked up, in bytes: Azure's have 260 characters at most.
    ///
    /// `String` takes time by the square of a text's length for that, where the text holds many combining marks: 5 s for
    /// 256 KiB.
    static let nameByteLimit = 1040

    /// Names a pipeline.
    package init(subscriptionID: String, resourceGroup: String, factory: String, pipeline: String) {
        self.subscriptionID = subscriptionID
        self.resourceGroup = resourceGroup
        self.factory = factory
        self.pipeline = pipeline
    }

    /// The ARM id, as written: `/subscriptions/…/pipelines/…`, not percent-encoded.
    package var resourceID: String {
        resourceIDParts.joined()
    }

    /// The same in pieces, for what is made of it for each request.
    var resourceIDParts: [String] {
        factoryIDParts + ["/pipelines/", pipeline]
    }

    /// The ARM id of its factory.
    package var factoryID: String {
        factoryIDParts.joined()
    }

    private var factoryIDParts: [String] {
        [
            "/subscriptions/", subscriptionID, "/resourceGroups/", resourceGroup,
            "/providers/Microsoft.DataFactory/factories/", factory,
        ]
    }

    /// The ARM id for comparing: ARM ignores case in names, and only ASCII letters are lowered, so that it means the
    /// same to every implementation.
    package var key: String {
        resourceID.loweringASCII
    }

    /// The ARM id of its factory, for comparing.
    package var factoryKey: String {
        factoryID.loweringASCII
    }

    /// Whether ARM takes both for one pipeline. Compared as bytes: `String` takes different spellings of one character
    /// for equal, and ARM does not.
    func isSame(as other: Target) -> Bool {
        pipeline.isSameName(as: other.pipeline) && factory.isSameName(as: other.factory)
            && resourceGroup.isSameName(as: other.resourceGroup) && subscriptionID.isSameName(as: other.subscriptionID)
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

/// A target as a request may name it.
package enum RequestedTarget: Sendable, Hashable {
    /// A name from the worker's configuration.
    case alias(String)
    /// An object whose missing members come from the configuration.
    case parts(subscriptionID: String?, resourceGroup: String?, factory: String?, pipeline: String?)
    /// An ARM id.
    case resource(Target)
}
