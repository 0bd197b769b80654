/// The faults in force, and which of them strikes next.
package struct FaultPlan: Sendable {
    /// What a request has drawn.
    package struct Draw: Sendable, Equatable {
        /// The answer's delay in milliseconds, by all latencies together.
        package var delayMilliseconds = 0
        /// What goes wrong besides; nil is nothing.
        package var effect: Fault.Effect?
        /// How its answer differs from the usual one.
        package var variant = Fault.Variant()
        /// Which fault that was, to put it back.
        fileprivate var ticket: Ticket?
    }

    fileprivate struct Ticket: Sendable, Equatable {
        var index: Int
        var generation: Int
    }

    private var faults: [Fault] = []
    private var generation = 0

    /// Begins with a list of faults.
    package init(_ faults: [Fault] = []) {
        self.faults = faults
    }

    /// Replaces the list.
    package mutating func replace(with faults: [Fault]) {
        self.faults = faults
        generation += 1
    }

    /// The faults that can still strike, with what is left of their `times`.
    package var remaining: [Fault] {
        faults.filter { $0.trigger != .times(0) }
    }

    /// Goes through the list in order: latencies add up, and the first other fault that strikes ends it.
    /// - Parameters:
    ///   - pipeline: the pipeline the request names, in lower case.
    ///   - isChallengeable: whether the request has a token that was asked for without claims.
    ///   - chance: a number from 0 up to but not including 1, new at each call.
    package mutating func draw(
        for route: RouteName,
        pipeline: String? = nil,
        isChallengeable: Bool = true,
        chance: () -> Double
    ) -> Draw {
        var draw = Draw()
        for index in faults.indices
        where faults[index].applies(to: route, pipeline, isChallengeable) && strikes(index, chance) {
            if case .latency(let milliseconds) = faults[index].effect {
                draw.delayMilliseconds += milliseconds
                continue
            }
            draw.effect = faults[index].effect
            draw.variant = faults[index].variant
            draw.ticket = Ticket(index: index, generation: generation)
            break
        }
        return draw
    }

    /// Whether a fault of the list looks at the claims of tokens.
    package var challengesClaims: Bool {
        remaining.contains { $0.effect == .claimsChallenge }
    }

    /// Puts a drawn fault back that had nothing to strike.
    package mutating func putBack(_ draw: Draw) {
        guard let ticket = draw.ticket, ticket.generation == generation,
            case .times(let times) = faults[ticket.index].trigger
        else { return }
        faults[ticket.index].trigger = .times(times + 1)
    }

    private mutating func strikes(_ index: Int, _ chance: () -> Double) -> Bool {
        switch faults[index].trigger {
        case .always: return true
        case .rate(let rate): return chance() < rate
        case .times(0): return false
        case .times(let times):
            faults[index].trigger = .times(times - 1)
            return true
        }
    }
}

extension Fault {
    fileprivate func applies(to route: RouteName, _ pipeline: String?, _ isChallengeable: Bool) -> Bool {
        if self.route != nil && self.route != route { return false }
        if self.pipeline != nil && self.pipeline != pipeline { return false }
        switch effect {
        case .commitLate, .accepted: return route == .createRun
        case .claimsChallenge: return isChallengeable && Fault.managementRoutes.contains(route)
        default: return true
        }
    }
}
