/// A budget being spent: full at first, refilled by time, one token a request.
package struct TokenBucket: Sendable {
    /// What became of a request for a token.
    package enum Outcome: Sendable, Equatable {
        /// Granted, with so many whole tokens left.
        case granted(remaining: Int)
        /// Refused; in so many whole seconds there is a token again.
        case refused(retryAfterSeconds: Int)
    }

    private let budget: Scenario.Budget
    private var level: Double
    private var filledAt: Timestamp
    /// Until when every call is refused, where a refusal begins the wait anew.
    private var shutUntil: Timestamp?

    /// A full bucket.
    package init(_ budget: Scenario.Budget, at now: Timestamp) {
        self.budget = budget
        self.level = Double(budget.bucket)
        self.filledAt = now
    }

    /// Takes one token if there is one.
    package mutating func take(at now: Timestamp) -> Outcome {
        refill(at: now)
        if level < 1 || shutUntil.map({ now < $0 }) ?? false {
            let wait = max(1, Int(((1 - level) / budget.perSecond).rounded(.up)))
            if budget.renewsWait { shutUntil = now + .seconds(wait) }
            return .refused(retryAfterSeconds: wait)
        }
        level -= 1
        return .granted(remaining: Int(level))
    }

    /// The whole tokens there are.
    package mutating func level(at now: Timestamp) -> Int {
        refill(at: now)
        return Int(level)
    }

    private mutating func refill(at now: Timestamp) {
        // A clock that was set back refills nothing.
        if now > filledAt {
            level = min(Double(budget.bucket), level + (now - filledAt) / .seconds(1) * budget.perSecond)
            filledAt = now
        }
    }
}
