extension Fault {
    /// The calls of ARM: those that carry its token.
    static let managementRoutes: Set<RouteName> = [
        .createRun, .cancelRun, .getPipeline, .getRun, .queryRuns, .queryActivityRuns,
    ]

    /// The routes whose paths name a pipeline.
    static let pipelineRoutes: Set<RouteName> = [.createRun, .getPipeline]

    /// The routes it can strike; empty if there are none.
    var reach: Set<RouteName> {
        var routes = route.map { [$0] } ?? Set(RouteName.allCases)
        switch effect {
        case .commitLate, .accepted: routes.formIntersection([.createRun])
        case .claimsChallenge: routes.formIntersection(Self.managementRoutes)
        default: break
        }
        if pipeline != nil { routes.formIntersection(Self.pipelineRoutes) }
        return routes
    }

    /// Whether it takes every request that a later fault of the list could strike.
    func hides(_ later: Fault) -> Bool {
        switch effect {
        // A latency lets later faults strike too, and a challenge ends with the token that answers it.
        case .latency, .claimsChallenge: return false
        default: break
        }
        guard trigger == .always || trigger == .rate(1) else { return false }
        return later.reach.isSubset(of: reach) && (pipeline == nil || pipeline == later.pipeline)
    }
}
