internal import FoundationEssentials

/// What makes two messages the same request.
package struct RequestIdentity: Sendable, Hashable {
    /// What the publisher calls it, or a random name.
    package let text: String
    /// Whose name that is; nil where a name means the same whoever uses it.
    package let publisher: String?
    /// Whether the publisher chose it. Without that a redelivery can't be recognised, so the request is served at
    /// least once, and its reply says so.
    package let isIdentified: Bool

    /// The identity a publisher gave.
    ///
    /// - Parameter publisher: Who, where others may use the same name for other requests.
    package init(_ name: String, of publisher: String? = nil) {
        self.init(text: name, publisher: publisher, isIdentified: true)
    }

    /// The same name, for a request whose runs can't be recognised by it.
    func unrecognised() -> RequestIdentity {
        RequestIdentity(text: text, publisher: publisher, isIdentified: false)
    }

    private init(text: String, publisher: String?, isIdentified: Bool) {
        self.text = text
        self.publisher = publisher
        self.isIdentified = isIdentified
    }

    /// A random name, or the one an earlier holder has made up.
    init(madeUp name: String?) {
        self.init(text: name ?? UUID().uuidString.lowercased(), publisher: nil, isIdentified: false)
    }
}
