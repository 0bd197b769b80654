extension Scenario {
    /// Reads a scenario file.
    /// - Parameter folder: where relative paths inside the scenario begin.
    /// - Throws: `ScenarioError` naming the place and the mend if the text is not JSON, a member is unknown or of
    ///   the wrong kind, or two things share one name.
    package init(json bytes: [UInt8], folder: String = ".") throws(ScenarioError) {
        self.init()
        let members = try ScenarioReader(bytes).object(knowing: [
            "tenants", "tokenLifetimeSeconds", "tokenRefreshSeconds", "managedIdentities", "identityHeader",
            "arcKeyFile", "factories", "runIds", "parameterCheck", "queryLagSeconds", "dedupeSeconds", "writes",
            "reads", "faults", "clock", "queueLimit", "queueOverflow", "keptRuns", "unknownRunStatus",
        ])
        if let tenants = members["tenants"] { self.tenants = try Self.tenants(tenants, folder: folder) }
        if let lifetime = members["tokenLifetimeSeconds"] {
            self.tokenLifetimeSeconds = try lifetime.integer(1...86_400)
        }
        if let refresh = members["tokenRefreshSeconds"] { self.tokenRefreshSeconds = try refresh.integer(1...86_400) }
        if let identities = members["managedIdentities"] {
            self.managedIdentities = try Self.managedIdentities(identities)
        }
        if let header = members["identityHeader"] { self.identityHeader = try header.string() }
        if let keyFile = members["arcKeyFile"] { self.arcKeyFile = try keyFile.path(folder: folder) }
        self.factories = try Self.factories(members.required("factories"))
        if let runIDs = members["runIds"] { self.runIDs = try runIDs.choice(RunIDs.self) }
        if let check = members["parameterCheck"] { self.parameterCheck = try check.choice(ParameterCheck.self) }
        if let lag = members["queryLagSeconds"] { self.queryLag = try lag.seconds() }
        if let dedupe = members["dedupeSeconds"], !dedupe.isNull { self.dedupe = try dedupe.seconds() }
        if let writes = members["writes"] { self.writes = try Budget(writes) }
        if let reads = members["reads"] { self.reads = try Budget(reads) }
        if let clock = members["clock"] { self.clock = try clock.choice(ClockMode.self) }
        if let limit = members["queueLimit"] { self.queueLimit = try limit.integer(0...10_000) }
        if let overflow = members["queueOverflow"] { self.queueOverflow = try overflow.choice(QueueOverflow.self) }
        if let kept = members["keptRuns"] { self.keptRuns = try kept.integer(1...10_000_000) }
        if let status = members["unknownRunStatus"] {
            guard ["404", "400"].contains(status.document.text(of: status.node)) else {
                throw status.wrong("must be 404 or 400")
            }
            self.unknownRunStatus = try status.integer(400...404)
        }
        if let faults = members["faults"] {
            self.faults = try Fault.list(faults, pipelines: pipelineNames)
        }
    }

    /// The pipelines of all factories, in lower case.
    var pipelineNames: Set<String> {
        Set(factories.flatMap(\.pipelines).map { $0.name.lowercased() })
    }

    private static func factories(_ reader: ScenarioReader) throws(ScenarioError) -> [Factory] {
        var factories: [Factory] = []
        var seen: Set<String> = []
        for element in try reader.elements() {
            let members = try element.object(knowing: [
                "subscriptionId", "resourceGroup", "name", "pipelines", "runLimit",
            ])
            var factory = Factory(
                subscriptionID: try members.required("subscriptionId").string(),
                resourceGroup: try members.required("resourceGroup").string(),
                name: try members.required("name").string(),
                pipelines: try pipelines(members.required("pipelines"))
            )
            if let limit = members["runLimit"] { factory.runLimit = try limit.integer(1...1_000_000) }
            let key = "\(factory.subscriptionID)/\(factory.resourceGroup)/\(factory.name)".lowercased()
            guard seen.insert(key).inserted else {
                throw ScenarioError(path: element.path, message: "this factory is listed already; merge the two")
            }
            factories.append(factory)
        }
        return factories
    }

    private static func pipelines(_ reader: ScenarioReader) throws(ScenarioError) -> [Pipeline] {
        var pipelines: [Pipeline] = []
        var seen: Set<String> = []
        for element in try reader.elements() {
            let members = try element.object(knowing: [
                "name", "parameters", "durationSeconds", "outcome", "concurrency",
            ])
            var pipeline = Pipeline(name: try members.required("name").string())
            if let parameters = members["parameters"] { pipeline.parameters = try Self.parameters(parameters) }
            if let duration = members["durationSeconds"] { pipeline.duration = try duration.seconds() }
            if let outcome = members["outcome"] { pipeline.outcome = try outcome.choice(Outcome.self) }
            // Data Factory's own bounds.
            if let concurrency = members["concurrency"] { pipeline.concurrency = try concurrency.integer(1...50) }
            guard seen.insert(pipeline.name.lowercased()).inserted else {
                throw ScenarioError(
                    path: element.path,
                    message: "a pipeline of this name is listed already; rename one"
                )
            }
            pipelines.append(pipeline)
        }
        return pipelines
    }

    private static func parameters(_ reader: ScenarioReader) throws(ScenarioError) -> [Parameter] {
        var parameters: [Parameter] = []
        var seen: Set<String> = []
        for (name, value) in try reader.entries() {
            guard seen.insert(name.lowercased()).inserted else {
                throw ScenarioError(
                    path: value.path,
                    message: "a parameter of this name is declared already; rename one"
                )
            }
            let members = try value.object(knowing: ["type", "defaultValue"])
            let typeReader = try members.required("type")
            guard let type = ParameterType(name: try typeReader.string()) else {
                let known = ParameterType.allCases.map(\.rawValue).joined(separator: ", ")
                throw typeReader.wrong("must be one of \(known)")
            }
            let defaultValue = try members["defaultValue"].map { reader throws(ScenarioError) in
                guard type.accepts(reader.node, in: reader.document) else {
                    throw reader.wrong("must be of the parameter's type \(type.rawValue)")
                }
                return try ScenarioReader(Array(reader.document.slice(of: reader.node))).document
            }
            parameters.append(Parameter(name: name, type: type, defaultValue: defaultValue))
        }
        return parameters
    }
}

extension Scenario.Budget {
    /// Reads a budget; null is none.
    fileprivate init?(_ reader: ScenarioReader) throws(ScenarioError) {
        if reader.isNull { return nil }
        let members = try reader.object(knowing: ["bucket", "perSecond", "renewsWait"])
        self.init(
            bucket: try members.required("bucket").integer(1...1_000_000),
            perSecond: try members.required("perSecond").number(0.001...1_000_000),
            renewsWait: try members["renewsWait"]?.flag() ?? false
        )
    }
}
