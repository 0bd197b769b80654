extension PipelineRun {
    /// Writes the run as Data Factory answers it.
    func write(to output: inout JSONOutput, at now: Timestamp) {
        let state = state(at: now)
        output.object { output in
            output.member("id", "\(order.factory.resourceID)/pipelineruns/\(runID)".uppercased())
            output.member("runId", runID)
            output.member("debugRunId", nil)
            output.member("runGroupId", groupID)
            output.member("isLatest") { $0.flag(isLatest) }
            output.member("pipelineName", order.pipeline.definition.name)
            output.member("parameters") { output in
                output.object { output in
                    for (name, value) in stringified { output.member(name, value) }
                }
            }
            // The specification has the one name, the service the other.
            output.member("runDimensions") { $0.object { _ in } }
            output.member("runDimension") { $0.object { _ in } }
            output.member("annotations") { $0.array { _ in } }
            output.member("invokedBy") { output in
                output.object { output in
                    output.member("id", runID.replacing("-", with: ""))
                    output.member("name", "Manual")
                    output.member("invokedByType", "Manual")
                }
            }
            output.member("runStart", createdAt.text)
            output.member("runEnd", state.end?.text)
            output.member("lastUpdated", state.lastUpdated.text)
            output.member("durationInMs") { output in
                if let end = state.end {
                    output.integer(Int((end - createdAt) / .milliseconds(1)))
                } else {
                    output.null()
                }
            }
            output.member("status", state.status.rawValue)
            output.member("message", state.message)
        }
    }

    /// Writes the run for the emulator's own route, with the parameters as they came.
    func writeForAdmin(to output: inout JSONOutput, at now: Timestamp) {
        output.object { output in
            output.member("runId", runID)
            output.member("clientRequestId", order.clientRequestID)
            output.member("subscriptionId", order.factory.subscriptionID)
            output.member("resourceGroup", order.factory.resourceGroup)
            output.member("factory", order.factory.name)
            output.member("pipeline", order.pipeline.definition.name)
            output.member("parameters") { $0.raw(order.received) }
            output.member("createdAt", createdAt.text)
            output.member("status", state(at: now).status.rawValue)
            writeOptions(to: &output)
        }
    }

    private func writeOptions(to output: inout JSONOutput) {
        let options = order.options
        if let reference = options.referenceRunID { output.member("referencePipelineRunId", reference.description) }
        if options.isRecovery { output.member("isRecovery") { $0.flag(true) } }
        if let activity = options.startActivityName { output.member("startActivityName", activity) }
        if options.startFromFailure { output.member("startFromFailure") { $0.flag(true) } }
    }

    /// The parameters as strings: texts as they are, anything else as its JSON, secrets masked, and the defaults of
    /// what was not given.
    private var stringified: [(name: String, value: String)] {
        let definition = order.pipeline.definition
        var values: [(name: String, value: String)] = []
        if let document = try? JSONDocument(order.parameters), case .object(let members) = document.root.kind {
            for member in members {
                let isSecret = definition.parameter(member.name)?.type == .secureString
                values.append((member.name, isSecret ? Self.mask : Self.text(of: member.value, in: document)))
            }
        }
        for parameter in definition.parameters
        where !values.contains(where: { $0.name.isSameParameter(as: parameter.name) }) {
            guard let value = parameter.defaultValue else { continue }
            let isSecret = parameter.type == .secureString
            values.append((parameter.name, isSecret ? Self.mask : Self.text(of: value.root, in: value)))
        }
        return values
    }

    private static let mask = "**********"

    private static func text(of node: JSONNode, in document: JSONDocument) -> String {
        if case .string(let value) = node.kind { value } else { document.text(of: node) }
    }
}
