import HTTPTypes

/// A request that has arrived in full.
struct Exchange: Sendable {
    var target: RequestTarget
    var headers: HTTPFields
    /// `http` or `https`.
    var scheme: String
    /// The host and port the client believes it talks to.
    var authority: String
    var body: [UInt8]

    /// The URL the client knows the emulator by, without a slash at its end.
    var baseURL: String { "\(scheme)://\(authority)" }
}
