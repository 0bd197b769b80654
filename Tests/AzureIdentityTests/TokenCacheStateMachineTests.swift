import Testing

@testable import AzureIdentity

@Suite("Token cache's state machine")
struct TokenCacheStateMachineTests {
    private let now = ContinuousClock.now

    @Test(
        "a token is replaced when its issuer says, at half-life, or 300 s before its end, and not within 30 s",
        arguments: [
            (3600, nil, 3300), (7199, nil, 6899), (7200, nil, 3600), (86_400, nil, 43_200), (400, nil, 200),
            (60, nil, 30), (40, nil, 30), (20, nil, 20), (3600, 30, 30), (3600, 29, 30), (20, 1, 20),
            (3600, 1800, 1800), (86_400, 40_000, 40_000), (3600, 3600, 3300), (3600, 9999, 3300),
        ] as [(Int, Int?, Int)]
    )
    func refreshTime(lifetime: Int, refreshIn: Int?, expected: Int) {
        let validity = TokenCacheStateMachine.Validity(
            now: now,
            lifetime: .seconds(lifetime),
            refreshIn: refreshIn.map { .seconds($0) }
        )

        #expect(validity.refreshAt == now + .seconds(expected))
        #expect(validity.expiresAt == now + .seconds(lifetime))
    }
}
