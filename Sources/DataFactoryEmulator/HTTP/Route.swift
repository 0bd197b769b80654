/// What a request asks for.
enum Route: Sendable {
    case entra(EntraRoute)
    case identity(IdentityRoute)
    case createRun(FactoryAddress, pipeline: String)
    case getPipeline(FactoryAddress, pipeline: String)
    case getRun(FactoryAddress, runID: String)
    case cancelRun(FactoryAddress, runID: String)
    case queryRuns(FactoryAddress)
    case queryActivityRuns(FactoryAddress, runID: String)
    case admin(AdminRoute)
    case unknown
    case wrongMethod(allowed: String)

    init(method: String, target: RequestTarget) {
        let (segments, keys) = (target.segments, target.keys)
        if keys.count >= 9, keys[0] == "subscriptions", keys[2] == "resourcegroups", keys[4] == "providers",
            keys[5] == "microsoft.datafactory", keys[6] == "factories"
        {
            let address = FactoryAddress(subscriptionID: segments[1], resourceGroup: segments[3], factory: segments[7])
            self = Self.inFactory(address, method: method, segments: segments[8...], keys: keys[8...])
        } else if let route = EntraRoute(method: method, segments: segments, keys: keys) {
            self = .entra(route)
        } else if let route = IdentityRoute(keys: keys) {
            self = method == "GET" ? .identity(route) : .wrongMethod(allowed: "GET")
        } else if keys.count == 2, keys[0] == "emulator" {
            self = Self.admin(method: method, name: keys[1])
        } else {
            self = .unknown
        }
    }

    private static func inFactory(
        _ address: FactoryAddress,
        method: String,
        segments: ArraySlice<String>,
        keys: ArraySlice<String>
    ) -> Route {
        let name = segments.count > 1 ? segments[segments.startIndex + 1] : ""
        let (route, allowed): (Route, String)
        switch (keys.count, keys.first, keys.count == 3 ? keys.last : nil) {
        case (3, "pipelines", "createrun"): (route, allowed) = (.createRun(address, pipeline: name), "POST")
        case (2, "pipelines", _): (route, allowed) = (.getPipeline(address, pipeline: name), "GET")
        case (2, "pipelineruns", _): (route, allowed) = (.getRun(address, runID: name), "GET")
        case (3, "pipelineruns", "cancel"): (route, allowed) = (.cancelRun(address, runID: name), "POST")
        case (3, "pipelineruns", "queryactivityruns"):
            (route, allowed) = (.queryActivityRuns(address, runID: name), "POST")
        case (1, "querypipelineruns", _): (route, allowed) = (.queryRuns(address), "POST")
        default: return .unknown
        }
        return method == allowed ? route : .wrongMethod(allowed: allowed)
    }

    private static func admin(method: String, name: String) -> Route {
        let routes: [String: AdminRoute] =
            switch name {
            case "ready": ["GET": .ready]
            case "runs": ["GET": .runs]
            case "stats": ["GET": .stats]
            case "requests": ["GET": .requests]
            case "faults": ["GET": .faults, "PUT": .replaceFaults]
            case "reset": ["POST": .reset]
            case "clock": ["GET": .clock, "POST": .advanceClock]
            default: [:]
            }
        if routes.isEmpty { return .unknown }
        return routes[method].map(Route.admin) ?? .wrongMethod(allowed: routes.keys.sorted().joined(separator: ", "))
    }

    /// The name it is counted under; the emulator's own routes are not counted.
    var name: RouteName? {
        switch self {
        case .entra(let route): route.name
        case .identity(let route): route.name
        case .createRun: .createRun
        case .getPipeline: .getPipeline
        case .getRun: .getRun
        case .cancelRun: .cancelRun
        case .queryRuns: .queryRuns
        case .queryActivityRuns: .queryActivityRuns
        case .admin: nil
        case .unknown, .wrongMethod: .other
        }
    }
}

extension Route {
    /// The pipeline the path names, in lower case.
    var pipeline: String? {
        switch self {
        case .createRun(_, let pipeline), .getPipeline(_, let pipeline): pipeline.lowercased()
        default: nil
        }
    }
}

/// Where a factory is said to be, as a request's path wrote it.
struct FactoryAddress: Sendable {
    var subscriptionID: String
    var resourceGroup: String
    var factory: String
}

/// The emulator's own routes.
enum AdminRoute: Sendable {
    case ready
    case runs
    case stats
    case requests
    case faults
    case replaceFaults
    case reset
    case clock
    case advanceClock
}
