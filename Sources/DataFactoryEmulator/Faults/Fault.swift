/// Something that goes wrong on demand.
package struct Fault: Sendable, Equatable {
    /// The requests it may strike; nil is any but the emulator's own.
    package var route: RouteName?
    /// The pipeline whose requests it may strike, in lower case; nil is any. Only createRun and getPipeline name one.
    package var pipeline: String?
    /// What goes wrong.
    package var effect: Effect
    /// How often.
    package var trigger: Trigger
    /// How the answer differs from the effect's usual one.
    package var variant: Variant

    /// Makes a fault that strikes every request of a route until it is taken away.
    package init(
        _ effect: Effect,
        on route: RouteName? = nil,
        pipeline: String? = nil,
        trigger: Trigger = .always,
        variant: Variant = Variant()
    ) {
        self.route = route
        self.pipeline = pipeline
        self.effect = effect
        self.trigger = trigger
        self.variant = variant
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
        /// The work is done and the connection is cut behind the headers of the answer.
        case resetAfterHeaders
        /// 504 and nothing was done.
        case gatewayTimeout
        /// The work is done and the answer is 504.
        case gatewayTimeoutAfterCommit
        /// 429; with a `Retry-After` where there is a number.
        case throttle(retryAfterSeconds: Int?)
        /// A plain error and nothing was done.
        case status(Int, code: String)
        /// The work is done and the answer is a plain error.
        case statusAfterCommit(Int, code: String)
        /// The work is done and the answer breaks off within its body.
        case truncatedBodyAfterCommit
        /// The work is done and the answer has its status but not its body.
        case garbledBodyAfterCommit
        /// The connection is cut at once and the run appears so many milliseconds later. createRun only.
        case commitLate(milliseconds: Int)
        /// 202 in place of 200, as the Synapse twin of the service answers. createRun only.
        case accepted
        /// 401 with a claims challenge, until the token was asked for with claims.
        case claimsChallenge
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

    /// How an answer differs from the effect's usual one.
    package struct Variant: Sendable, Equatable {
        /// The wait, where the effect does not have one itself or in another form than whole seconds.
        package var retryAfter: RetryAfter?
        /// The error code of a 429; nil is `SubscriptionRequestsThrottled`.
        package var throttleCode: String?
        /// What the body looks like; nil is as usual.
        package var body: BodyShape?

        /// The usual answer.
        package init(retryAfter: RetryAfter? = nil, throttleCode: String? = nil, body: BodyShape? = nil) {
            self.retryAfter = retryAfter
            self.throttleCode = throttleCode
            self.body = body
        }
    }
}

extension Fault {
    /// The names a list of faults may use.
    package static var names: [String] { Kind.allCases.map(\.rawValue) }

    /// The names of the effects.
    enum Kind: String, CaseIterable {
        case latency
        case hang
        case resetBeforeCommit = "reset-before-commit"
        case resetAfterCommit = "reset-after-commit"
        case resetAfterHeaders = "reset-after-headers"
        case gatewayTimeout = "gateway-timeout"
        case gatewayTimeoutAfterCommit = "gateway-timeout-after-commit"
        case throttle
        case status
        case statusAfterCommit = "status-after-commit"
        case truncatedBodyAfterCommit = "truncated-body-after-commit"
        case garbledBodyAfterCommit = "garbled-body-after-commit"
        case commitLate = "commit-late"
        case accepted
        case claimsChallenge = "claims-challenge"
        case html
    }
}
