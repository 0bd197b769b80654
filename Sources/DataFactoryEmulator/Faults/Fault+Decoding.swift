extension Fault {
    /// Reads a list of faults: an array of objects with `route`, `fault`, `rate` or `times`, and the fault's own
    /// members.
    /// - Throws: `ScenarioError` if a name is unknown or a member is missing or of the wrong kind.
    package static func list(json bytes: [UInt8]) throws(ScenarioError) -> [Fault] {
        try list(ScenarioReader(bytes))
    }

    static func list(_ reader: ScenarioReader) throws(ScenarioError) -> [Fault] {
        try reader.elements().map { element throws(ScenarioError) in try Fault(element) }
    }

    private init(_ reader: ScenarioReader) throws(ScenarioError) {
        let members = try reader.object(knowing: [
            "route", "fault", "rate", "times", "ms", "retryAfterSeconds", "status", "code",
        ])
        let kind = try members.required("fault").choice(Kind.self)
        for member in members.members where !kind.members.contains(member.name) {
            let known = kind.members.map { "\"\($0)\"" }.joined(separator: ", ")
            throw ScenarioError(
                path: "\(reader.path).\(member.name)",
                message: "\"\(kind.rawValue)\" does not take it; it takes \(known)"
            )
        }
        self.effect = try Self.effect(kind, members)
        self.route = try Self.route(members.required("route"), kind)
        self.trigger = try Self.trigger(members)
    }

    private static func effect(_ kind: Kind, _ members: ScenarioReader.Members) throws(ScenarioError) -> Effect {
        switch kind {
        case .latency: .latency(milliseconds: try members.required("ms").integer(0...3_600_000))
        case .hang: .hang
        case .resetBeforeCommit: .resetBeforeCommit
        case .resetAfterCommit: .resetAfterCommit
        case .gatewayTimeout: .gatewayTimeout
        case .gatewayTimeoutAfterCommit: .gatewayTimeoutAfterCommit
        case .throttle:
            .throttle(
                retryAfterSeconds: try members["retryAfterSeconds"].map { reader throws(ScenarioError) in
                    try reader.integer(0...86_400)
                }
            )
        case .status:
            .status(
                try members.required("status").integer(400...599),
                code: try members["code"].map { reader throws(ScenarioError) in try reader.string() } ?? "InjectedFault"
            )
        case .truncatedBodyAfterCommit: .truncatedBodyAfterCommit
        case .commitLate: .commitLate(milliseconds: try members.required("ms").integer(0...3_600_000))
        case .html:
            .html(
                status: try members["status"].map { reader throws(ScenarioError) in try reader.integer(200...599) }
                    ?? 502
            )
        }
    }

    private static func route(_ reader: ScenarioReader, _ kind: Kind) throws(ScenarioError) -> RouteName? {
        if case .string("*") = reader.node.kind { return nil }
        guard case .string(let text) = reader.node.kind, let route = RouteName(rawValue: text), route != .other else {
            let known = RouteName.allCases.filter { $0 != .other }.map { "\"\($0.rawValue)\"" }
            throw reader.wrong("must be \"*\" or one of \(known.joined(separator: ", "))")
        }
        guard kind != .commitLate || route == .createRun else {
            throw reader.wrong("must be \"createRun\" or \"*\" for the fault \"commit-late\"")
        }
        return route
    }

    private static func trigger(_ members: ScenarioReader.Members) throws(ScenarioError) -> Trigger {
        switch (members["rate"], members["times"]) {
        case (let rate?, nil): .rate(try rate.number(0...1))
        case (nil, let times?): .times(try times.integer(1...1_000_000_000))
        case (nil, nil): .always
        case (_?, let times?):
            throw ScenarioError(path: times.path, message: "stands beside \"rate\"; give one of the two")
        }
    }
}

extension Fault.Kind {
    /// The members a fault of this kind may have.
    fileprivate var members: [String] {
        let own =
            switch self {
            case .latency, .commitLate: ["ms"]
            case .throttle: ["retryAfterSeconds"]
            case .status: ["status", "code"]
            case .html: ["status"]
            default: [] as [String]
            }
        return ["route", "fault", "rate", "times"] + own
    }
}
