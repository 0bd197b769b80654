/// By what requests are told apart: which property names one, and whether each publisher has names of its own.
package struct IdentitySource: Sendable, Hashable, CustomStringConvertible {
    /// The property that names a request.
    package enum Property: Sendable, Hashable {
        case messageID
        case correlationID
        /// A header of this name: a text, or a whole number.
        case header(String)
    }

    /// Which one it is.
    package var property: Property
    /// Whether the publisher, whom the broker has checked, is part of the identity.
    package var isPerPublisher: Bool

    /// Takes the message id of anybody, unless told otherwise.
    package init(_ property: Property = .messageID, isPerPublisher: Bool = false) {
        self.property = property
        self.isPerPublisher = isPerPublisher
    }

    /// The header that names a request, where one does.
    package var header: String? {
        if case .header(let name) = property { name } else { nil }
    }

    /// The property, as publishers know it.
    package var description: String {
        switch property {
        case .messageID: "message-id"
        case .correlationID: "correlation-id"
        case .header(let name): "header \(name)"
        }
    }

    /// The longest name, in bytes: what AMQP's own short strings hold.
    static let nameByteLimit = 255

    /// The identity of what a publisher has named so.
    ///
    /// - Parameters:
    ///   - name: What the property holds; not empty.
    ///   - publisher: Who published it, by the word of the broker. Where that matters and is not known the request can't
    ///     be told from others of the same name.
    package func identity(named name: String, by publisher: String?) -> RequestIdentity {
        let text = name.truncated(toByteCount: Self.nameByteLimit)
        guard isPerPublisher else { return RequestIdentity(text) }
        guard let publisher else { return RequestIdentity(text).unrecognised() }
        return RequestIdentity(text, of: publisher)
    }
}
