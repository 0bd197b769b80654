extension Fault {
    /// Reads a list of faults: an array of objects with `route`, `fault`, `rate` or `times`, and the fault's own
    /// members.
    /// - Parameter pipelines: the names a fault may give, in lower case; nil allows any.
    /// - Throws: `ScenarioError` if a name is unknown, a member is missing or of the wrong kind, or a fault can never
    ///   strike.
    package static func list(json bytes: [UInt8], pipelines: Set<String>? = nil) throws(ScenarioError) -> [Fault] {
        try list(ScenarioReader(bytes), pipelines: pipelines)
    }

    static func list(_ reader: ScenarioReader, pipelines: Set<String>?) throws(ScenarioError) -> [Fault] {
        var faults: [Fault] = []
        for element in try reader.elements() {
            let fault = try Fault(element, pipelines: pipelines)
            if let index = faults.firstIndex(where: { $0.hides(fault) }) {
                throw ScenarioError(
                    path: element.path,
                    message:
                        "can never strike, because \(reader.path)[\(index)] strikes every time; put it before that one,"
                        + " or give that one a \"rate\" or \"times\""
                )
            }
            faults.append(fault)
        }
        return faults
    }

    private init(_ reader: ScenarioReader, pipelines: Set<String>?) throws(ScenarioError) {
        let members = try reader.object(knowing: [
            "route", "pipeline", "fault", "rate", "times", "ms", "retryAfterSeconds", "form", "status", "code", "body",
        ])
        let kind = try members.required("fault").choice(Kind.self)
        for member in members.members where !kind.members.contains(member.name) {
            let known = kind.members.map { "\"\($0)\"" }.joined(separator: ", ")
            throw ScenarioError(
                path: "\(reader.path).\(member.name)",
                message: "\"\(kind.rawValue)\" does not take it; it takes \(known)"
            )
        }
        let route = try members.required("route")
        self.init(
            try Self.effect(kind, members),
            on: try Self.route(route),
            pipeline: try Self.pipeline(members["pipeline"], pipelines),
            trigger: try Self.trigger(members),
            variant: try Self.variant(kind, members)
        )
        if reach.isEmpty {
            let what = pipeline == nil ? "the fault \"\(kind.rawValue)\"" : "a fault with a \"pipeline\""
            let all = Fault(effect, pipeline: pipeline).reach.map { "\"\($0.rawValue)\"" }.sorted()
            throw route.wrong("must be \"*\" or one of \(all.joined(separator: ", ")) for \(what)")
        }
    }

    private static func effect(_ kind: Kind, _ members: ScenarioReader.Members) throws(ScenarioError) -> Effect {
        switch kind {
        case .latency: .latency(milliseconds: try members.required("ms").integer(0...3_600_000))
        case .hang: .hang
        case .resetBeforeCommit: .resetBeforeCommit
        case .resetAfterCommit: .resetAfterCommit
        case .resetAfterHeaders: .resetAfterHeaders
        case .gatewayTimeout: .gatewayTimeout
        case .gatewayTimeoutAfterCommit: .gatewayTimeoutAfterCommit
        case .throttle: .throttle(retryAfterSeconds: try members.integer("retryAfterSeconds", 0...86_400))
        case .status: .status(try members.required("status").integer(400...599), code: try code(members))
        case .statusAfterCommit:
            .statusAfterCommit(try members.required("status").integer(400...599), code: try code(members))
        case .truncatedBodyAfterCommit: .truncatedBodyAfterCommit
        case .garbledBodyAfterCommit: .garbledBodyAfterCommit
        case .commitLate: .commitLate(milliseconds: try members.required("ms").integer(0...3_600_000))
        case .accepted: .accepted
        case .claimsChallenge: .claimsChallenge
        case .html: .html(status: try members.integer("status", 200...599) ?? 502)
        }
    }

    private static func code(_ members: ScenarioReader.Members) throws(ScenarioError) -> String {
        try members["code"].map { reader throws(ScenarioError) in try reader.string() } ?? "InjectedFault"
    }

    private static func route(_ reader: ScenarioReader) throws(ScenarioError) -> RouteName? {
        if case .string("*") = reader.node.kind { return nil }
        guard case .string(let text) = reader.node.kind, let route = RouteName(rawValue: text), route != .other else {
            let known = RouteName.allCases.filter { $0 != .other }.map { "\"\($0.rawValue)\"" }
            throw reader.wrong("must be \"*\" or one of \(known.joined(separator: ", "))")
        }
        return route
    }

    private static func pipeline(
        _ reader: ScenarioReader?,
        _ known: Set<String>?
    ) throws(ScenarioError) -> String? {
        guard let reader else { return nil }
        let name = try reader.string().lowercased()
        if let known, !known.contains(name) {
            let names = known.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            throw reader.wrong("must be a pipeline of the scenario (\(names))")
        }
        return name
    }

    private static func trigger(_ members: ScenarioReader.Members) throws(ScenarioError) -> Trigger {
        switch (members["rate"], members["times"]) {
        case (let rate?, nil):
            let share = try rate.number(0...1)
            guard share > 0 else { throw rate.wrong("must be above 0, or the fault can never strike") }
            return .rate(share)
        case (nil, let times?): return .times(try times.integer(1...1_000_000_000))
        case (nil, nil): return .always
        case (_?, let times?):
            throw ScenarioError(path: times.path, message: "stands beside \"rate\"; give one of the two")
        }
    }

    private static func variant(_ kind: Kind, _ members: ScenarioReader.Members) throws(ScenarioError) -> Variant {
        var variant = Variant()
        if let body = members["body"] { variant.body = try body.oneOf(kind.bodies) }
        if kind == .garbledBodyAfterCommit, variant.body == nil { variant.body = .text }
        if kind == .throttle, let code = members["code"] { variant.throttleCode = try code.string() }
        let form = try members["form"].map { reader throws(ScenarioError) in try reader.choice(RetryAfter.Form.self) }
        if let seconds = try members.integer("retryAfterSeconds", 0...86_400) {
            // A throttle writes whole seconds itself.
            if kind != .throttle || form ?? .seconds != .seconds {
                variant.retryAfter = RetryAfter(seconds: seconds, form: form ?? .seconds)
            }
        } else if let form = members["form"] {
            throw form.wrong("needs \"retryAfterSeconds\" beside it")
        }
        return variant
    }
}

extension Fault.Kind {
    /// The members a fault of this kind may have.
    fileprivate var members: [String] {
        let own =
            switch self {
            case .latency, .commitLate: ["ms"]
            case .throttle: ["retryAfterSeconds", "form", "code", "body"]
            case .status, .statusAfterCommit: ["status", "code", "retryAfterSeconds", "form", "body"]
            case .html: ["status"]
            case .garbledBodyAfterCommit, .gatewayTimeout, .gatewayTimeoutAfterCommit: ["body"]
            default: [] as [String]
            }
        return ["route", "pipeline", "fault", "rate", "times"] + own
    }

    /// The bodies a fault of this kind may have.
    fileprivate var bodies: [BodyShape] {
        self == .garbledBodyAfterCommit ? BodyShape.ofSuccesses : BodyShape.ofErrors
    }
}

extension ScenarioReader {
    fileprivate func oneOf(_ shapes: [BodyShape]) throws(ScenarioError) -> BodyShape {
        if case .string(let text) = node.kind, let shape = shapes.first(where: { $0.rawValue == text }) {
            return shape
        }
        throw wrong("must be one of \(shapes.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }
}

extension ScenarioReader.Members {
    /// A whole number that may be left out.
    fileprivate func integer(_ name: String, _ allowed: ClosedRange<Int>) throws(ScenarioError) -> Int? {
        try self[name].map { reader throws(ScenarioError) in try reader.integer(allowed) }
    }
}
