/// The parameters of a createRun call, held against what the pipeline declares.
struct GivenParameters: Sendable {
    /// The JSON object as it came; `{}` for an empty body.
    var received: [UInt8]
    /// The first thing that does not fit; nil if all does.
    var violation: String?

    private static let none = Array("{}".utf8)

    /// - Throws: `ManagementError` 400 if the body is neither empty nor a JSON object.
    init(_ body: [UInt8], for pipeline: Scenario.Pipeline) throws(ManagementError) {
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            document = try JSONDocument(body.isEmpty ? Self.none : body)
        } catch {
            throw .badRequest("The request body is not valid JSON. \(error)")
        }
        guard case .object(let members) = document.root.kind else {
            throw .badRequest("The request body must be a JSON object of parameters, not \(document.root.typeName).")
        }
        self.received = document.root.range.count == body.count ? body : Array(document.slice(of: document.root))
        self.violation = Self.violation(members, document, pipeline)
    }

    private static func violation(
        _ members: [JSONMember],
        _ document: JSONDocument,
        _ pipeline: Scenario.Pipeline
    ) -> String? {
        for (position, member) in members.enumerated() {
            guard let declared = pipeline.parameter(member.name) else {
                return "Pipeline '\(pipeline.name)' declares no parameter named '\(member.name)'."
            }
            // JSON tells "a" from "A"; Data Factory's names do not.
            for other in members[..<position] where other.name.lowercased() == member.name.lowercased() {
                return "Parameter '\(declared.name)' is given twice, as '\(other.name)' and '\(member.name)'."
            }
            guard declared.type.accepts(member.value, in: document) else {
                return "Parameter '\(declared.name)' of pipeline '\(pipeline.name)' is declared"
                    + " \(declared.type.rawValue); the value given is \(member.value.typeName)."
            }
        }
        for declared in pipeline.parameters where declared.defaultValue == nil {
            guard members.contains(where: { $0.name.isSameParameter(as: declared.name) }) else {
                return "Parameter '\(declared.name)' of pipeline '\(pipeline.name)' has no default and was not given."
            }
        }
        return nil
    }
}

extension Scenario.Pipeline {
    /// The declared parameter of that name in any case.
    func parameter(_ name: String) -> Scenario.Parameter? {
        parameters.first { $0.name.isSameParameter(as: name) }
    }
}

extension String {
    /// Whether two parameter names are one but for their case.
    func isSameParameter(as other: String) -> Bool {
        self == other || (utf8.count == other.utf8.count && lowercased() == other.lowercased())
    }
}
