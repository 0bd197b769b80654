/// One value of a JSON text, with the place in the text where it stands.
package struct JSONNode: Sendable {
    /// What the value is. Numbers stay text: converting them would change 1.10 and integers beyond 2^53.
    package enum Kind: Sendable {
        case null
        case bool(Bool)
        case number
        case string(String)
        case array([JSONNode])
        case object([JSONMember])
    }

    /// What the value is.
    package let kind: Kind
    /// The bytes of the document the value was read from.
    package let range: Range<Int>

    /// The value's type in words, for error messages.
    package var typeName: String {
        switch kind {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A name and its value inside a JSON object.
package struct JSONMember: Sendable {
    /// The name with its escapes resolved.
    package let name: String
    /// The value that follows it.
    package let value: JSONNode
}
