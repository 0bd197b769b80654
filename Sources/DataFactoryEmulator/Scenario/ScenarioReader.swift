/// Reads one JSON value of a scenario and knows its path for the error message.
struct ScenarioReader {
    let node: JSONNode
    let path: String
    let document: JSONDocument

    init(_ bytes: [UInt8]) throws(ScenarioError) {
        do throws(JSONSyntaxError) {
            self.document = try JSONDocument(bytes)
        } catch {
            throw ScenarioError(path: "$", message: "not JSON: \(error)")
        }
        self.node = document.root
        self.path = "$"
    }

    private init(node: JSONNode, path: String, document: JSONDocument) {
        self.node = node
        self.path = path
        self.document = document
    }

    /// The members of an object, refusing any name that is not known.
    func object(knowing names: [String]) throws(ScenarioError) -> Members {
        let members = try members()
        for member in members where !names.contains(member.name) {
            let known = names.map { "\"\($0)\"" }.joined(separator: ", ")
            throw ScenarioError(path: "\(path).\(member.name)", message: "no such member; known here: \(known)")
        }
        return Members(owner: self, members: members)
    }

    /// The members of an object whose names are free, with a reader for each value.
    func entries() throws(ScenarioError) -> [(name: String, value: ScenarioReader)] {
        try members().map { ($0.name, child($0.value, ".\($0.name)")) }
    }

    func elements() throws(ScenarioError) -> [ScenarioReader] {
        guard case .array(let nodes) = node.kind else { throw wrong("must be an array") }
        return nodes.enumerated().map { child($1, "[\($0)]") }
    }

    func string() throws(ScenarioError) -> String {
        guard case .string(let value) = node.kind, !value.isEmpty else { throw wrong("must be a text in quotes") }
        return value
    }

    func flag() throws(ScenarioError) -> Bool {
        guard case .bool(let value) = node.kind else { throw wrong("must be true or false") }
        return value
    }

    /// The path of a file, which begins in the folder unless it is absolute.
    func path(folder: String) throws(ScenarioError) -> String {
        let text = try string()
        return text.hasPrefix("/") ? text : "\(folder)/\(text)"
    }

    func integer(_ allowed: ClosedRange<Int>) throws(ScenarioError) -> Int {
        guard case .number = node.kind, let value = Int(document.text(of: node)), allowed.contains(value) else {
            throw wrong("must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return value
    }

    func number(_ allowed: ClosedRange<Double>) throws(ScenarioError) -> Double {
        guard case .number = node.kind, let value = Double(document.text(of: node)), allowed.contains(value) else {
            throw wrong("must be a number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return value
    }

    /// Seconds, whole or not, up to a year.
    func seconds() throws(ScenarioError) -> Duration {
        .seconds(try number(0...31_536_000))
    }

    func choice<Value: RawRepresentable & CaseIterable>(_: Value.Type) throws(ScenarioError) -> Value
    where Value.RawValue == String {
        if case .string(let text) = node.kind, let value = Value(rawValue: text) { return value }
        throw wrong("must be one of \(Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }

    /// An error at this place, which also shows what stands there.
    func wrong(_ message: String) -> ScenarioError {
        var shown = document.text(of: node)
        if shown.count > 40 { shown = shown.prefix(40) + "…" }
        return ScenarioError(
            path: path,
            message: "\(message), not \(shown.split(separator: "\n").joined(separator: " "))"
        )
    }

    private func members() throws(ScenarioError) -> [JSONMember] {
        guard case .object(let members) = node.kind else { throw wrong("must be an object") }
        return members
    }

    fileprivate func child(_ node: JSONNode, _ step: String) -> ScenarioReader {
        ScenarioReader(node: node, path: path + step, document: document)
    }

    /// An object's members by name.
    struct Members {
        let owner: ScenarioReader
        let members: [JSONMember]

        /// A member that may be left out.
        subscript(name: String) -> ScenarioReader? {
            members.first { $0.name == name }.map { owner.child($0.value, ".\(name)") }
        }

        /// A member that must be there.
        func required(_ name: String) throws(ScenarioError) -> ScenarioReader {
            guard let member = self[name] else {
                throw ScenarioError(path: owner.path, message: "the member \"\(name)\" is missing; add it")
            }
            return member
        }
    }
}

extension ScenarioReader {
    var isNull: Bool {
        if case .null = node.kind { true } else { false }
    }
}
