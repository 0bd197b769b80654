extension Fault.Effect {
    /// The name in a list of faults.
    package var name: String { kind.rawValue }

    var kind: Fault.Kind {
        switch self {
        case .latency: .latency
        case .hang: .hang
        case .resetBeforeCommit: .resetBeforeCommit
        case .resetAfterCommit: .resetAfterCommit
        case .resetAfterHeaders: .resetAfterHeaders
        case .gatewayTimeout: .gatewayTimeout
        case .gatewayTimeoutAfterCommit: .gatewayTimeoutAfterCommit
        case .throttle: .throttle
        case .status: .status
        case .statusAfterCommit: .statusAfterCommit
        case .truncatedBodyAfterCommit: .truncatedBodyAfterCommit
        case .garbledBodyAfterCommit: .garbledBodyAfterCommit
        case .commitLate: .commitLate
        case .accepted: .accepted
        case .claimsChallenge: .claimsChallenge
        case .html: .html
        }
    }

    /// Whether it spoils the answer to work that was done, and so has nothing to spoil where a call was refused.
    var needsCommit: Bool {
        switch self {
        case .resetAfterCommit, .resetAfterHeaders, .gatewayTimeoutAfterCommit, .statusAfterCommit,
            .truncatedBodyAfterCommit, .garbledBodyAfterCommit, .commitLate, .accepted:
            true
        case .latency, .hang, .resetBeforeCommit, .gatewayTimeout, .throttle, .status, .claimsChallenge, .html:
            false
        }
    }
}
