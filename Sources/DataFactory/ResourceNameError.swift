/// A name that Azure would not accept, or that would mean another resource once it stands in a URL.
public struct ResourceNameError: Error, Sendable, Hashable {
    /// Which of the names it is.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        /// The subscription's id.
        case subscriptionID = "subscription id"
        /// The resource group.
        case resourceGroup = "resource group"
        /// The factory.
        case factory = "factory"
        /// The pipeline.
        case pipeline = "pipeline"
        /// The id of a run.
        case runID = "run id"
        /// The id a caller gives a request.
        case clientRequestID = "client request id"
    }

    /// Which of the names is wrong.
    public let name: Name

    /// What is wrong with it, such as `contains "/"`.
    public let problem: String

    /// What it should look like.
    public let rule: String
}

extension ResourceNameError: CustomStringConvertible {
    /// One sentence for whoever chose the name.
    public var description: String { "\(name.rawValue) \(problem); it must be \(rule)" }
}
