internal import Logging
internal import NIOConcurrencyHelpers

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Remembers a credential's tokens, so that a caller waits for Entra ID only when there is no good token at all.
///
/// - One request per scope is under way at a time, however many callers wait for it.
/// - A token is replaced in the background before it ends; meanwhile everybody uses the old one.
/// - A failed replacement is logged and tried again 30 s later, or when Entra ID allows; no failure is remembered.
/// - A caller who is cancelled stops waiting; the others keep what they wait for.
/// - A caller with claims was refused with the token held: it waits for another, which replaces that one for everybody.
///   Who was refused with the one before, and for the same claims, is served by it.
///
/// It is a credential itself: share one cache between clients that act as the same principal.
public final class TokenCache: TokenCredential {
    private struct State {
        var machine = TokenCacheStateMachine()
        // <= the number of callers that wait.
        var waiters: [TokenCacheStateMachine.Attempt: [Int: Waiter]] = [:]
        var nextWaiter = 0
    }

    private enum LogKey {
        static let credential = "azure.credential"
        static let scope = "azure.scope"
        static let error = "azure.error"
    }

    private typealias Outcome = Result<AccessToken, AzureIdentityError>
    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private let credential: any TokenCredential
    private let clock: TokenClock
    private let state = NIOLockedValueBox(State())

    /// Puts a memory in front of a credential.
    public convenience init(_ credential: any TokenCredential) {
        self.init(credential, clock: .system)
    }

    package init(_ credential: any TokenCredential, clock: TokenClock) {
        self.credential = credential
        self.clock = clock
    }

    /// The credential's own description.
    public var description: String { credential.description }

    /// A good token, at once where there is one and no claims are demanded of it.
    ///
    /// - Throws: ``AzureIdentityError`` if there was no good token and none could be had; with
    ///   ``AzureIdentityError/Code-swift.struct/cancelled`` if the caller was cancelled while it waited.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        if claims == nil, let token = cachedToken(for: scope) { return token }
        return try await wait(for: scope, claims, insteadOf: nil)
    }

    /// Another token than one that a service refused with 401, which is forgotten.
    ///
    /// Of many callers refused at once the first one asks; the others get what it got, even those that hear of the
    /// refusal later.
    ///
    /// - Parameters:
    ///   - scope: What the token is for.
    ///   - claims: What the refusal demanded; nil if it demanded nothing.
    ///   - refused: The token that was refused.
    /// - Throws: ``AzureIdentityError``, as ``token(for:claims:)`` does.
    package func token(
        for scope: String,
        claims: String?,
        insteadOf refused: AccessToken
    ) async throws(AzureIdentityError) -> AccessToken {
        invalidate(refused)
        return try await wait(for: scope, claims, insteadOf: refused)
    }

    private func wait(
        for scope: String,
        _ claims: String?,
        insteadOf refused: AccessToken?
    ) async throws(AzureIdentityError) -> AccessToken {
        let id = state.withLockedValue { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                join(waiter, id, scope, claims, refused)
            }
        } onCancel: {
            leave(id)
        }
        return try outcome.get()
    }

    /// The token that everybody uses now, unless it is missing or due for replacement. It costs one lock.
    package func cachedToken(for scope: String) -> AccessToken? {
        let now = clock.instant()
        return state.withLockedValue { $0.machine.fresh(scope, now: now) }
    }

    /// How many callers wait for a token now.
    package var waiting: Int {
        state.withLockedValue { $0.waiters.values.reduce(0) { $0 + $1.count } }
    }

    /// Whether a request for a token of that scope is under way.
    package func isAsking(for scope: String) -> Bool {
        state.withLockedValue { $0.machine.isAsking(for: scope) }
    }

    /// Forgets a token that a service refused with 401, so that the next caller gets another.
    ///
    /// It does nothing if the token was replaced already: of many callers refused at once, the first one drops it.
    public func invalidate(_ token: AccessToken) {
        state.withLockedValue { $0.machine.invalidate(token) }
    }

    /// Not a child of the caller's task: the refresh belongs to all who wait, and the first of them may be cancelled.
    /// It ends with the credential's own time-out.
    private func begin(_ attempt: TokenCacheStateMachine.Attempt) {
        Task(name: "Azure token for \(attempt.scope)") {
            let outcome: Outcome
            do throws(AzureIdentityError) {
                outcome = .success(try await credential.token(for: attempt.scope, claims: attempt.claims))
            } catch {
                outcome = .failure(error)
            }
            end(attempt, outcome)
        }
    }

    private func end(_ attempt: TokenCacheStateMachine.Attempt, _ outcome: Outcome) {
        let now = clock.instant()
        let date = clock.date()
        let (waiters, answer, keptOldToken) = state.withLockedValue { state in
            var answer = outcome
            var keptOldToken = false
            switch outcome {
            case .success(let token):
                // Converted to a steady clock on arrival: later jumps of the wall clock change nothing.
                let validity = TokenCacheStateMachine.Validity(
                    now: now,
                    lifetime: .seconds(token.expiresOn.timeIntervalSince(date)),
                    refreshIn: token.refreshOn.map { .seconds($0.timeIntervalSince(date)) }
                )
                state.machine.succeeded(attempt, token: token, validity: validity)
            case .failure(let error):
                let failure = state.machine.failed(attempt, retryAfter: error.retryAfter, now: now)
                keptOldToken = failure == .keepOldToken
                // Who waits for an ordinary token is also served by one that came in answer to a demand meanwhile.
                if attempt.claims == nil, let token = state.machine.usable(attempt.scope, now: now) {
                    answer = .success(token)
                }
            }
            return (state.waiters.removeValue(forKey: attempt), answer, keptOldToken)
        }
        waiters?.values.forEach { $0.resume(returning: answer) }
        if keptOldToken, case .failure(let error) = outcome {
            // Info, because it cannot be thrown: nobody waits for this attempt.
            Logger.current.info(
                "Azure token could not be replaced, the old one is still good",
                metadata: [
                    LogKey.credential: "\(credential)", LogKey.scope: "\(attempt.scope)", LogKey.error: "\(error)",
                ]
            )
        }
    }

    /// Looks up and enlists in one step: between the two the attempt could end and nobody would call the waiter.
    private func join(
        _ waiter: Waiter,
        _ id: Int,
        _ scope: String,
        _ claims: String?,
        _ refused: AccessToken?
    ) {
        let now = clock.instant()
        let (answer, attempt): (Outcome?, TokenCacheStateMachine.Attempt?) = state.withLockedValue { state in
            // Asked inside the lock: a cancellation before it is seen here, one after it finds the waiter enlisted.
            if Task.isCancelled { return (.failure(cancelled), nil) }
            switch state.machine.lookUp(scope, claims: claims, insteadOf: refused, now: now) {
            case .use(let token):
                return (.success(token), nil)
            case .useAndBegin(let token, let attempt):
                return (.success(token), attempt)
            case .beginAndWait(let attempt):
                state.waiters[attempt, default: [:]][id] = waiter
                return (nil, attempt)
            case .wait(let attempt):
                state.waiters[attempt, default: [:]][id] = waiter
                return (nil, nil)
            }
        }
        if let attempt { begin(attempt) }
        if let answer { waiter.resume(returning: answer) }
    }

    private func leave(_ id: Int) {
        let waiter = state.withLockedValue { state in
            for attempt in state.waiters.keys {
                if let waiter = state.waiters[attempt]?.removeValue(forKey: id) { return Optional(waiter) }
            }
            return nil
        }
        waiter?.resume(returning: .failure(cancelled))
    }

    private var cancelled: AzureIdentityError {
        AzureIdentityError(code: .cancelled, message: "cancelled while waiting for a token", credential: description)
    }
}
