/// What a ``TokenCache`` knows and decides. It has no clock, no task and no lock.
struct TokenCacheStateMachine {
    /// How long a failed refresh keeps the next one away while the old token is good: 30 s, as azure-identity
    /// (Python 1.27, get_token_mixin).
    static let pauseAfterFailedRefresh = Duration.seconds(30)

    /// How long a token is left alone at least, whatever its issuer wishes: an issuer that wants it replaced at once
    /// must not be asked without end.
    static let shortestUse = Duration.seconds(30)

    /// When a token is to be replaced and when it is of no use any more, on the cache's clock.
    struct Validity: Equatable {
        let refreshAt: ContinuousClock.Instant
        let expiresAt: ContinuousClock.Instant

        /// - Parameters:
        ///   - lifetime: What is left of the token's life.
        ///   - refreshIn: When the issuer wants it replaced, if it said so.
        ///
        /// Without such a wish: at half-life if it lives 7200 s or longer (azure-identity, aad_client_base), otherwise
        /// 300 s before its end (azure-core, bearer token policy). A token so short-lived that this would be most of
        /// its life is replaced at half-life. None is replaced before ``shortestUse`` or, if that is sooner, its end.
        init(now: ContinuousClock.Instant, lifetime: Duration, refreshIn: Duration?) {
            let wanted =
                if let refreshIn, refreshIn < lifetime {
                    refreshIn
                } else if lifetime >= .seconds(7200) {
                    lifetime / 2
                } else {
                    max(lifetime - .seconds(300), lifetime / 2)
                }
            refreshAt = now + min(max(wanted, TokenCacheStateMachine.shortestUse), lifetime)
            expiresAt = now + lifetime
        }
    }

    /// One attempt to get a token, from its beginning to ``succeeded(_:token:validity:)`` or
    /// ``failed(_:retryAfter:now:)``; a scope has one at a time for ordinary tokens, and one for each demand.
    struct Attempt: Hashable {
        let scope: String
        let claims: String?
        let number: Int
    }

    enum Lookup {
        /// Use it; nobody waits.
        case use(AccessToken)
        /// Use it, and begin this attempt in the background.
        case useAndBegin(AccessToken, Attempt)
        /// There is no token: begin this attempt and wait for it.
        case beginAndWait(Attempt)
        /// There is no token, and somebody asks for one already: wait with them.
        case wait(Attempt)
    }

    enum Failure: Equatable {
        /// Whoever waits gets the error; it is not remembered.
        case tellWaiters
        /// The old token is still good and nobody waits.
        case keepOldToken
    }

    private struct Entry {
        /// With the claims it was got with.
        var held: (token: AccessToken, validity: Validity, claims: String?)?
        var attempt: Attempt?
        var quietUntil: ContinuousClock.Instant?
        // <= the demands that callers wait for now.
        var demands: [String: Attempt] = [:]
    }

    // <= the number of scopes a program uses: one for Data Factory.
    private var entries: [String: Entry] = [:]
    private var attempts = 0

    /// Whether a caller can be served at once without anything having to be started.
    func fresh(_ scope: String, now: ContinuousClock.Instant) -> AccessToken? {
        guard let held = entries[scope]?.held, now < held.validity.refreshAt else { return nil }
        return held.token
    }

    /// The token held if a service would still take it, be it due for replacement or not.
    func usable(_ scope: String, now: ContinuousClock.Instant) -> AccessToken? {
        guard let held = entries[scope]?.held, now < held.validity.expiresAt else { return nil }
        return held.token
    }

    /// - Parameters:
    ///   - claims: What was demanded of the token beyond the scope. The held one will not do then: whoever has a demand
    ///     was refused with it.
    ///   - refused: The token the caller was refused with, if it tells. A held one that came later and in answer to the
    ///     same demand does serve it: many are refused with one token, and some hear of it when the demand was met.
    mutating func lookUp(
        _ scope: String,
        claims: String?,
        insteadOf refused: AccessToken? = nil,
        now: ContinuousClock.Instant
    ) -> Lookup {
        var entry = entries[scope] ?? Entry()
        defer { entries[scope] = entry }

        if let claims {
            if let attempt = entry.demands[claims] { return .wait(attempt) }
            if let refused, let held = entry.held, held.claims == claims, held.token.token != refused.token,
                now < held.validity.expiresAt
            {
                return .use(held.token)
            }
            let attempt = begin(scope, claims)
            entry.demands[claims] = attempt
            return .beginAndWait(attempt)
        }
        if let held = entry.held, now < held.validity.expiresAt {
            let isQuiet = entry.quietUntil.map { now < $0 } ?? false
            if now < held.validity.refreshAt || entry.attempt != nil || isQuiet { return .use(held.token) }
            let attempt = begin(scope, nil)
            entry.attempt = attempt
            return .useAndBegin(held.token, attempt)
        }
        entry.held = nil
        if let attempt = entry.attempt { return .wait(attempt) }
        let attempt = begin(scope, nil)
        entry.attempt = attempt
        return .beginAndWait(attempt)
    }

    func isAsking(for scope: String) -> Bool {
        guard let entry = entries[scope] else { return false }
        return entry.attempt != nil || !entry.demands.isEmpty
    }

    mutating func succeeded(_ attempt: Attempt, token: AccessToken, validity: Validity) {
        guard var entry = entries[attempt.scope] else { return }
        defer { entries[attempt.scope] = entry }

        if let claims = attempt.claims {
            entry.demands[claims] = nil
            // An ordinary token that is still under way would be refused again: it reaches who waits for it, and is not
            // kept in the place of this one.
            entry.attempt = nil
        } else {
            guard entry.attempt == attempt else { return }
            entry.attempt = nil
        }
        entry.held = (token, validity, attempt.claims)
        entry.quietUntil = nil
    }

    mutating func failed(_ attempt: Attempt, retryAfter: Duration?, now: ContinuousClock.Instant) -> Failure {
        if let claims = attempt.claims {
            entries[attempt.scope]?.demands[claims] = nil
            return .tellWaiters
        }
        guard entries[attempt.scope]?.attempt == attempt else { return .tellWaiters }
        entries[attempt.scope]?.attempt = nil
        guard let held = entries[attempt.scope]?.held, now < held.validity.expiresAt else {
            entries[attempt.scope]?.quietUntil = nil
            return .tellWaiters
        }
        let pause = max(Self.pauseAfterFailedRefresh, retryAfter ?? .zero)
        entries[attempt.scope]?.quietUntil = now + pause
        return .keepOldToken
    }

    /// Forgets the token if it is the one held; a newer one stays.
    mutating func invalidate(_ token: AccessToken) {
        for (scope, entry) in entries where entry.held?.token.token == token.token {
            entries[scope]?.held = nil
        }
    }

    private mutating func begin(_ scope: String, _ claims: String?) -> Attempt {
        attempts += 1
        return Attempt(scope: scope, claims: claims, number: attempts)
    }
}
