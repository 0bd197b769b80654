internal import FoundationEssentials

/// What makes two messages the same request.
package struct RequestIdentity: Sendable, Hashable {
    /// The message id, or a random name.
    package let text: String
    /// Whether the publisher chose it. Without that a redelivery can't be recognised, so the request is served at
    /// least once, and its reply says so.
    package let isIdentified: Bool

    /// The identity a publisher gave.
    package init(_ messageID: String) {
        text = messageID
        isIdentified = true
    }

    /// The same name, for a request whose runs can't be recognised by it.
    func unrecognised() -> RequestIdentity { RequestIdentity(text: text, isIdentified: false) }

    private init(text: String, isIdentified: Bool) {
        self.text = text
        self.isIdentified = isIdentified
    }

    /// A random name, or the one an earlier holder has made up.
    init(madeUp name: String?) {
        text = name ?? UUID().uuidString.lowercased()
        isIdentified = false
    }
}
