/// The types a pipeline parameter can be declared with.
package enum ParameterType: String, Sendable, CaseIterable {
    case string = "String"
    case int = "Int"
    case float = "Float"
    case bool = "Bool"
    case array = "Array"
    case object = "Object"
    case secureString = "SecureString"

    /// Reads a type's name in any case, as the service does.
    package init?(name: String) {
        let wanted = name.lowercased()
        guard let type = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted }) else { return nil }
        self = type
    }

    /// Whether a value of a document may be given for a parameter of this type.
    package func accepts(_ node: JSONNode, in document: JSONDocument) -> Bool {
        switch (self, node.kind) {
        case (.string, .string), (.secureString, .string), (.float, .number), (.bool, .bool),
            (.array, .array), (.object, .object):
            true
        case (.int, .number):
            document.slice(of: node).allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
        default:
            false
        }
    }
}
