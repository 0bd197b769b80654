/// The path and query of a request line.
package struct RequestTarget: Sendable {
    /// The path's segments, each percent-decoded once.
    package let segments: [String]
    /// The query's fields.
    package let query: FormFields
    /// The segments in lower case: ARM compares every name of a path that way.
    let keys: [String]

    /// Takes a request target apart; nil where its percent-encoding is broken.
    package init?(_ target: String) {
        let text = target[...]
        let mark = text.firstIndex(of: "?")
        guard let query = FormFields(mark.map { text[text.index(after: $0)...] } ?? "") else { return nil }
        var segments: [String] = []
        for raw in text[..<(mark ?? text.endIndex)].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        {
            guard let segment = PercentCoding.decode(raw, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        self.segments = segments
        self.keys = segments.map { $0.lowercased() }
        self.query = query
    }
}
