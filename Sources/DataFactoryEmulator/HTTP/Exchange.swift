import HTTPTypes

/// A request that has arrived in full.
struct Exchange: Sendable {
    var target: RequestTarget
    var headers: HTTPFields
    /// The host and port the client believes it talks to.
    var authority: String
    var body: [UInt8]
}
