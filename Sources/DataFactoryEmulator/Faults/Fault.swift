/// Something that goes wrong on demand.
package struct Fault: Sendable, Equatable {
    /// The requests it may strike; nil is any but the emulator's own.
    package var route: RouteName?
    /// What goes wrong.
    package var effect: Effect
    /// How often.
    package var trigger: Trigger

    /// Makes a fault that strikes every request of a route until it is taken away.
    package init(_ effect: Effect, on route: RouteName? = nil, trigger: Trigger = .always) {
        self.route = route
        self.effect = effect
        self.trigger = trigger
    }

    /// What goes wrong.
    package enum Effect: Sendable, Equatable {
        /// The answer is late by so many milliseconds; later faults of the list still apply.
        case latency(milliseconds: Int)
        /// No answer until the client goes away.
        case hang
        /// The connection is cut and nothing was done.
        case resetBeforeCommit
        /// The work is done and the connection is cut.
        case resetAfterCommit
        /// 504 and nothing was done.
        case gatewayTimeout
        /// The work is done and the answer is 504.
        case gatewayTimeoutAfterCommit
        /// 429; with a `Retry-After` where there is a number.
        case throttle(retryAfterSeconds: Int?)
        /// A plain error and nothing was done.
        case status(Int, code: String)
        /// The work is done and the answer breaks off within its body.
        case truncatedBodyAfterCommit
        /// The connection is cut at once and the run appears so many milliseconds later. createRun only.
        case commitLate(milliseconds: Int)
        /// A proxy's page instead of JSON, and nothing was done.
        case html(status: Int)
    }

    /// How often a fault strikes.
    package enum Trigger: Sendable, Equatable {
        /// Every time.
        case always
        /// This share of the requests, from 0 to 1, by chance.
        case rate(Double)
        /// So many more requests.
        case times(Int)
    }
}

extension Fault.Effect {
    /// The name in a list of faults.
    package var name: String { kind.rawValue }

    var kind: Fault.Kind {
        switch self {
        case .latency: .latency
        case .hang: .hang
        case .resetBeforeCommit: .resetBeforeCommit
        case .resetAfterCommit: .resetAfterCommit
        case .gatewayTimeout: .gatewayTimeout
        case .gatewayTimeoutAfterCommit: .gatewayTimeoutAfterCommit
        case .throttle: .throttle
        case .status: .status
        case .truncatedBodyAfterCommit: .truncatedBodyAfterCommit
        case .commitLate: .commitLate
        case .html: .html
        }
    }

    /// Whether it spoils the answer to work that was done, and so has nothing to spoil where a call was refused.
    var needsCommit: Bool {
        switch self {
        case .resetAfterCommit, .gatewayTimeoutAfterCommit, .truncatedBodyAfterCommit, .commitLate: true
        case .latency, .hang, .resetBeforeCommit, .gatewayTimeout, .throttle, .status, .html: false
        }
    }
}

extension Fault {
    /// The names of the effects.
    enum Kind: String, CaseIterable {
        case latency
        case hang
        case resetBeforeCommit = "reset-before-commit"
        case resetAfterCommit = "reset-after-commit"
        case gatewayTimeout = "gateway-timeout"
        case gatewayTimeoutAfterCommit = "gateway-timeout-after-commit"
        case throttle
        case status
        case truncatedBodyAfterCommit = "truncated-body-after-commit"
        case commitLate = "commit-late"
        case html
    }
}
