/// What a ``TokenCache`` knows and decides. It has no clock, no task and no lock.
struct TokenCacheStateMachine {
    /// How long a failed refresh keeps the next one away while the old token is good: 30 s, as azure-identity
    /// (Python 1.27, get_token_mixin).
    static let pauseAfterFailedRefresh = Duration.seconds(30)

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
        /// its life is replaced at half-life.
        init(now: ContinuousClock.Instant, lifetime: Duration, refreshIn: Duration?) {
            expiresAt = now + lifetime
            if let refreshIn, refreshIn < lifetime {
                refreshAt = now + refreshIn
            } else if lifetime >= .seconds(7200) {
                refreshAt = now + lifetime / 2
            } else {
                refreshAt = now + max(lifetime - .seconds(300), lifetime / 2)
            }
        }
    }

    /// One attempt to get a token, from its beginning to ``succeeded(_:token:validity:)`` or
    /// ``failed(_:retryAfter:now:)``; a scope has one at a time.
    struct Attempt: Hashable {
        let scope: String
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
        var held: (token: AccessToken, validity: Validity)?
        var attempt: Attempt?
        var quietUntil: ContinuousClock.Instant?
    }

    // <= the number of scopes a program uses: one for Data Factory.
    private var entries: [String: Entry] = [:]
    private var attempts = 0

    /// Whether a caller can be served at once without anything having to be started.
    func fresh(_ scope: String, now: ContinuousClock.Instant) -> AccessToken? {
        guard let held = entries[scope]?.held, now < held.validity.refreshAt else { return nil }
        return held.token
    }

    mutating func lookUp(_ scope: String, now: ContinuousClock.Instant) -> Lookup {
        var entry = entries[scope] ?? Entry()
        defer { entries[scope] = entry }

        if let held = entry.held, now < held.validity.expiresAt {
            let isQuiet = entry.quietUntil.map { now < $0 } ?? false
            if now < held.validity.refreshAt || entry.attempt != nil || isQuiet { return .use(held.token) }
            return .useAndBegin(held.token, begin(&entry, scope))
        }
        entry.held = nil
        if let attempt = entry.attempt { return .wait(attempt) }
        return .beginAndWait(begin(&entry, scope))
    }

    func isAsking(for scope: String) -> Bool {
        entries[scope]?.attempt != nil
    }

    mutating func succeeded(_ attempt: Attempt, token: AccessToken, validity: Validity) {
        entries[attempt.scope] = Entry(held: (token, validity))
    }

    mutating func failed(_ attempt: Attempt, retryAfter: Duration?, now: ContinuousClock.Instant) -> Failure {
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

    private mutating func begin(_ entry: inout Entry, _ scope: String) -> Attempt {
        attempts += 1
        let attempt = Attempt(scope: scope, number: attempts)
        entry.attempt = attempt
        return attempt
    }
}
