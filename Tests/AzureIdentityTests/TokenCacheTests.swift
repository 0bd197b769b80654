import AzureIdentity
import Foundation
import Testing

@Suite("Token cache", .timeLimit(.minutes(5)))
struct TokenCacheTests {
    private let scope = "https://management.azure.com/.default"
    private let credential = HeldCredential()
    private let clock = ManualClock()
    private let cache: TokenCache

    init() {
        cache = TokenCache(credential, clock: clock.clock)
    }

    /// Fills the cache with one token.
    private func hold(_ token: AccessToken) async throws {
        async let first = cache.token(for: scope)
        var calls = credential.calls.makeAsyncIterator()
        try #require(await calls.next()).answer(token)
        #expect(try await first == token)
    }

    @Test("a hundred callers wait for one request")
    func singleFlight() async throws {
        let token = clock.token("one", lifetime: 3600)

        let tokens = await withTaskGroup(of: AccessToken?.self) { group in
            for _ in 0..<100 { group.addTask { [cache, scope] in try? await cache.token(for: scope) } }
            await eventually { cache.waiting == 100 }
            var calls = credential.calls.makeAsyncIterator()
            await calls.next()?.answer(token)
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(tokens.count == 100)
        #expect(tokens.allSatisfy { $0 == token })
        #expect(credential.count == 1)
        #expect(cache.waiting == 0)
    }

    @Test("scopes are asked for separately")
    func scopes() async throws {
        async let first = cache.token(for: "a")
        var calls = credential.calls.makeAsyncIterator()
        let one = try #require(await calls.next())
        async let second = cache.token(for: "b")
        let two = try #require(await calls.next())

        two.answer(clock.token("two", lifetime: 3600))
        one.answer(clock.token("one", lifetime: 3600))

        #expect(one.scope == "a")
        #expect(two.scope == "b")
        #expect(try await first.token == "one")
        #expect(try await second.token == "two")
    }

    @Test("a cancelled caller stops waiting and the others get their token")
    func cancelledWaiter() async throws {
        // The one who began the request is the one who is cancelled: the request must survive it.
        let impatient = Task { [cache, scope] in try await cache.token(for: scope) }
        var calls = credential.calls.makeAsyncIterator()
        let call = try #require(await calls.next())
        async let patient = cache.token(for: scope)
        await eventually { cache.waiting == 2 }

        impatient.cancel()
        let outcome = await impatient.result

        #expect(throws: AzureIdentityError.self) { try outcome.get() }
        if case .failure(let error as AzureIdentityError) = outcome { #expect(error.code == .cancelled) }
        call.answer(clock.token("one", lifetime: 3600))
        #expect(try await patient.token == "one")
        #expect(credential.count == 1)
    }

    @Test("a caller cancelled beforehand begins no request")
    func cancelledBeforehand() async {
        let task = Task { [cache, scope] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await cache.token(for: scope)
        }

        #expect(await task.result.failureCode == .cancelled)
        #expect(credential.count == 0)
    }

    @Test("nobody waits while the old token is good, and the new one is taken as it comes")
    func earlyRefresh() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()

        clock.advance(by: .seconds(3299))
        #expect(try await cache.token(for: scope).token == "old")
        #expect(credential.count == 1)
        clock.advance(by: .seconds(1))
        #expect(try await cache.token(for: scope).token == "old")
        let call = try #require(await calls.next())
        for _ in 0..<10 { #expect(try await cache.token(for: scope).token == "old") }
        #expect(credential.count == 2)
        call.answer(clock.token("new", lifetime: 3600))
        await eventually { !cache.isAsking(for: scope) }

        #expect(try await cache.token(for: scope).token == "new")
        #expect(cache.cachedToken(for: scope)?.token == "new")
    }

    @Test("a failed refresh is forgotten, and tried again 30 s later")
    func failedRefresh() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()
        clock.advance(by: .seconds(3300))
        _ = try await cache.token(for: scope)
        try #require(await calls.next()).fail(.weather())
        await eventually { !cache.isAsking(for: scope) }

        clock.advance(by: .seconds(29))
        #expect(try await cache.token(for: scope).token == "old")
        #expect(!cache.isAsking(for: scope))
        clock.advance(by: .seconds(1))
        #expect(try await cache.token(for: scope).token == "old")

        try #require(await calls.next()).answer(clock.token("new", lifetime: 3600))
        await eventually { !cache.isAsking(for: scope) }
        #expect(try await cache.token(for: scope).token == "new")
        #expect(credential.count == 3)
    }

    @Test("a refresh stays away as long as Entra ID asks")
    func refreshHonoursRetryAfter() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()
        clock.advance(by: .seconds(3300))
        _ = try await cache.token(for: scope)
        try #require(await calls.next()).fail(.weather(retryAfter: .seconds(120)))
        await eventually { !cache.isAsking(for: scope) }

        clock.advance(by: .seconds(119))
        _ = try await cache.token(for: scope)

        #expect(!cache.isAsking(for: scope))
    }

    @Test("when the old token ends during a failing refresh, callers get the error and the next one asks again")
    func failureWithoutToken() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()
        clock.advance(by: .seconds(3599))
        _ = try await cache.token(for: scope)
        let call = try #require(await calls.next())
        clock.advance(by: .seconds(1))
        let waiter = Task { [cache, scope] in try await cache.token(for: scope) }
        await eventually { cache.waiting == 1 }

        call.fail(.weather())

        #expect(await waiter.result.failureCode == .unavailable)
        async let next = cache.token(for: scope)
        try #require(await calls.next()).answer(clock.token("new", lifetime: 3600))
        #expect(try await next.token == "new")
    }

    @Test("a refused token is dropped once, however many callers were refused")
    func invalidate() async throws {
        let refused = clock.token("refused", lifetime: 3600)
        try await hold(refused)
        var calls = credential.calls.makeAsyncIterator()

        cache.invalidate(refused)
        #expect(cache.cachedToken(for: scope) == nil)
        async let next = cache.token(for: scope)
        try #require(await calls.next()).answer(clock.token("fresh", lifetime: 3600))
        #expect(try await next.token == "fresh")
        cache.invalidate(refused)

        #expect(cache.cachedToken(for: scope)?.token == "fresh")
        #expect(credential.count == 2)
    }

    @Test("a thousand callers whose token ends under them make one request, and none of them fails")
    func expiryUnderLoad() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()
        // Three refreshes fail while the old token is good, with callers all the while.
        for second in [3300, 3330, 3360] {
            clock.advance(by: .seconds(second == 3300 ? 3300 : 30))
            let tokens = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<1000 { group.addTask { [cache, scope] in try? await cache.token(for: scope).token } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(tokens.count == 1000)
            #expect(tokens.allSatisfy { $0 == "old" })
            try #require(await calls.next()).fail(.weather())
            await eventually { !cache.isAsking(for: scope) }
        }
        #expect(credential.count == 4)

        clock.advance(by: .seconds(240))
        let tokens = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<1000 { group.addTask { [cache, scope] in try? await cache.token(for: scope).token } }
            await eventually { cache.waiting == 1000 }
            await calls.next()?.answer(clock.token("new", lifetime: 3600))
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(tokens.count == 1000)
        #expect(tokens.allSatisfy { $0 == "new" })
        #expect(credential.count == 5)
    }

    @Test("a demand goes past the token held, once for all who have it, and its token is the one held from then on")
    func claims() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()

        async let first = cache.token(for: scope, claims: "{}")
        async let second = cache.token(for: scope, claims: "{}")
        await eventually { cache.waiting == 2 }
        #expect(try await cache.token(for: scope).token == "old")
        let call = try #require(await calls.next())
        #expect(call.claims == "{}")
        call.answer(clock.token("demanded", lifetime: 3600))

        #expect(try await first.token == "demanded")
        #expect(try await second.token == "demanded")
        #expect(cache.cachedToken(for: scope)?.token == "demanded")
        #expect(credential.count == 2)
    }

    @Test("a wish to have the token replaced at once makes one request in 30 s")
    func hastyIssuer() async throws {
        try await hold(clock.token("one", lifetime: 3600, refreshIn: 0.001))
        var calls = credential.calls.makeAsyncIterator()

        for _ in 0..<29 {
            clock.advance(by: .seconds(1))
            #expect(try await cache.token(for: scope).token == "one")
            #expect(!cache.isAsking(for: scope))
        }
        clock.advance(by: .seconds(1))
        #expect(try await cache.token(for: scope).token == "one")

        try #require(await calls.next()).answer(clock.token("two", lifetime: 3600, refreshIn: 0.001))
        await eventually { !cache.isAsking(for: scope) }
        #expect(cache.cachedToken(for: scope)?.token == "two")
        #expect(credential.count == 2)
    }

    @Test("a token that lives shorter than 30 s is replaced when it has ended")
    func shortLife() async throws {
        try await hold(clock.token("one", lifetime: 5))
        var calls = credential.calls.makeAsyncIterator()
        clock.advance(by: .seconds(5))

        async let next = cache.token(for: scope)
        try #require(await calls.next()).answer(clock.token("two", lifetime: 5))

        #expect(try await next.token == "two")
    }

    @Test("who hears late that the old token was refused is served by the one that answers the same demand")
    func lateDemand() async throws {
        // A hundred requests are refused with one token. The answer to the first reaches its caller at once and the
        // demand is met; the others arrive one by one afterwards.
        let old = clock.token("old", lifetime: 3600)
        try await hold(old)
        var calls = credential.calls.makeAsyncIterator()
        async let first = cache.token(for: scope, claims: "{}", insteadOf: old)
        try #require(await calls.next()).answer(clock.token("demanded", lifetime: 3600))
        #expect(try await first.token == "demanded")

        for _ in 0..<99 {
            #expect(try await cache.token(for: scope, claims: "{}", insteadOf: old).token == "demanded")
        }

        #expect(credential.count == 2)
    }

    @Test(
        "another demand, the answering token itself refused, and an end of that token each make a request",
        arguments: [("other", "old", 0), ("{}", "demanded", 0), ("{}", "old", 3600)]
    )
    func unmetDemand(claims: String, refused: String, age: Int) async throws {
        let tokens = ["old": clock.token("old", lifetime: 3600), "demanded": clock.token("demanded", lifetime: 3600)]
        let (old, demanded) = (try #require(tokens["old"]), try #require(tokens["demanded"]))
        try await hold(old)
        var calls = credential.calls.makeAsyncIterator()
        async let first = cache.token(for: scope, claims: "{}", insteadOf: old)
        try #require(await calls.next()).answer(demanded)
        _ = try await first
        clock.advance(by: .seconds(age))

        async let second = cache.token(for: scope, claims: claims, insteadOf: refused == "old" ? old : demanded)
        let call = try #require(await calls.next())
        call.answer(clock.token("another", lifetime: 3600))

        #expect(call.claims == claims)
        #expect(try await second.token == "another")
    }

    @Test("a token got without a demand does not meet one")
    func ordinaryTokenForDemand() async throws {
        let old = clock.token("old", lifetime: 3600)
        try await hold(clock.token("new", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()

        async let demanded = cache.token(for: scope, claims: "{}", insteadOf: old)
        try #require(await calls.next()).answer(clock.token("demanded", lifetime: 3600))

        #expect(try await demanded.token == "demanded")
    }

    @Test("different demands are asked for separately")
    func differentClaims() async throws {
        async let first = cache.token(for: scope, claims: "1")
        async let second = cache.token(for: scope, claims: "2")
        var calls = credential.calls.makeAsyncIterator()

        for _ in 0..<2 {
            let call = try #require(await calls.next())
            call.answer(clock.token("for \(call.claims ?? "nobody")", lifetime: 3600))
        }

        #expect(try await first.token == "for 1")
        #expect(try await second.token == "for 2")
    }

    @Test("a demand that fails leaves the token held alone and is not remembered")
    func failedClaims() async throws {
        try await hold(clock.token("old", lifetime: 3600))
        var calls = credential.calls.makeAsyncIterator()
        let demand = Task { [cache, scope] in try await cache.token(for: scope, claims: "{}") }
        try #require(await calls.next()).fail(.weather())

        #expect(await demand.result.failureCode == .unavailable)
        #expect(cache.cachedToken(for: scope)?.token == "old")
        async let again = cache.token(for: scope, claims: "{}")
        try #require(await calls.next()).answer(clock.token("demanded", lifetime: 3600))
        #expect(try await again.token == "demanded")
    }

    @Test("an ordinary token on its way does not take the place of a demanded one that came first")
    func overtakenRefresh() async throws {
        // A refresh begins; the old token is refused; somebody waits for the refresh; a service demands claims and their
        // token comes; then the refresh ends with a token that would be refused again.
        let old = clock.token("old", lifetime: 3600)
        try await hold(old)
        var calls = credential.calls.makeAsyncIterator()
        clock.advance(by: .seconds(3300))
        _ = try await cache.token(for: scope)
        let refresh = try #require(await calls.next())
        cache.invalidate(old)
        async let waiter = cache.token(for: scope)
        await eventually { cache.waiting == 1 }
        async let demanded = cache.token(for: scope, claims: "{}")
        try #require(await calls.next()).answer(clock.token("demanded", lifetime: 3600))
        #expect(try await demanded.token == "demanded")

        refresh.answer(clock.token("refreshed", lifetime: 3600))

        #expect(try await waiter.token == "refreshed")
        #expect(cache.cachedToken(for: scope)?.token == "demanded")
        #expect(!cache.isAsking(for: scope))
    }

    @Test("who waits for a refresh that fails is served by a demanded token that came meanwhile")
    func failedRefreshBesideDemand() async throws {
        let old = clock.token("old", lifetime: 3600)
        try await hold(old)
        var calls = credential.calls.makeAsyncIterator()
        cache.invalidate(old)
        async let waiter = cache.token(for: scope)
        let refresh = try #require(await calls.next())
        async let demanded = cache.token(for: scope, claims: "{}")
        try #require(await calls.next()).answer(clock.token("demanded", lifetime: 3600))
        #expect(try await demanded.token == "demanded")

        refresh.fail(.weather())

        #expect(try await waiter.token == "demanded")
    }

    @Test("a jump of the wall clock neither ends nor prolongs a token")
    func wallClockJumps() async throws {
        try await hold(clock.token("old", lifetime: 3600))

        clock.jump(bySeconds: 86_400)
        #expect(cache.cachedToken(for: scope)?.token == "old")
        clock.jump(bySeconds: -2 * 86_400)
        clock.advance(by: .seconds(3600))

        #expect(cache.cachedToken(for: scope) == nil)
    }
}

extension Result where Failure == any Error {
    var failureCode: AzureIdentityError.Code? {
        guard case .failure(let error as AzureIdentityError) = self else { return nil }
        return error.code
    }
}
