import AzureIdentity
import NIOConcurrencyHelpers

/// A credential whose calls hang until the test answers them.
final class HeldCredential: TokenCredential {
    struct Call: Sendable {
        let scope: String
        let claims: String?
        fileprivate let continuation: CheckedContinuation<Result<AccessToken, AzureIdentityError>, Never>

        func answer(_ token: AccessToken) { continuation.resume(returning: .success(token)) }
        func fail(_ error: AzureIdentityError) { continuation.resume(returning: .failure(error)) }
    }

    let calls: AsyncStream<Call>
    private let arrivals: AsyncStream<Call>.Continuation
    private let counter = NIOLockedValueBox(0)

    init() {
        (calls, arrivals) = AsyncStream.makeStream()
    }

    var count: Int { counter.withLockedValue { $0 } }
    var description: String { "held" }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        counter.withLockedValue { $0 += 1 }
        return try await withCheckedContinuation {
            arrivals.yield(Call(scope: scope, claims: claims, continuation: $0))
        }.get()
    }
}

extension AzureIdentityError {
    static func weather(retryAfter: Duration? = nil) -> AzureIdentityError {
        AzureIdentityError(code: .unavailable, message: "rain", credential: "held", retryAfter: retryAfter)
    }
}

/// Yields until a condition holds. The suite's time limit, which cancels the test, ends a wait in vain.
func eventually(_ condition: () -> Bool) async {
    while !condition(), !Task.isCancelled { await Task.yield() }
}
