/// The fields of a query or of an `application/x-www-form-urlencoded` body.
package struct FormFields: Sendable {
    private let fields: [(name: String, value: String)]

    /// Reads `name=value` pairs joined by `&`; nil where the percent-encoding is broken.
    package init?(_ text: Substring) {
        var fields: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let end = pair.firstIndex(of: "=")
            let value = end.map { pair[pair.index(after: $0)...] } ?? ""
            guard let name = PercentCoding.decode(pair[..<(end ?? pair.endIndex)], plusIsSpace: true),
                let value = PercentCoding.decode(value, plusIsSpace: true)
            else { return nil }
            fields.append((name, value))
        }
        self.fields = fields
    }

    /// The first field of that name.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The first field whose name is that but for its case, as ARM reads queries.
    package func anyCase(_ name: String) -> String? {
        if let exact = self[name] { return exact }
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}
