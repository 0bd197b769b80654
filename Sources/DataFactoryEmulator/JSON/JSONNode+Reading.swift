extension JSONNode {
    /// The member of that name, where the value is an object that has one.
    subscript(name: String) -> JSONNode? {
        guard case .object(let members) = kind else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, where the value is a string.
    var string: String? {
        if case .string(let text) = kind { text } else { nil }
    }

    /// The strings of an array, or the one string there is in place of an array.
    var strings: [String] {
        switch kind {
        case .string(let text): [text]
        case .array(let nodes): nodes.compactMap(\.string)
        default: []
        }
    }
}
