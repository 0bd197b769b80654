import AzureIdentity
import NIOConcurrencyHelpers

/// Counts how many requests are on their way at once.
final class WatchedTransport: HTTPTransport {
    private struct Count {
        var now = 0
        var most = 0
    }

    private let inner: any HTTPTransport
    private let all = NIOLockedValueBox(Count())
    private let tokens = NIOLockedValueBox(Count())

    init(_ inner: any HTTPTransport) {
        self.inner = inner
    }

    var mostRequestsAtOnce: Int { all.withLockedValue { $0.most } }
    var mostTokenRequestsAtOnce: Int { tokens.withLockedValue { $0.most } }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let counts = request.url.hasSuffix("/oauth2/v2.0/token") ? [all, tokens] : [all]
        for count in counts {
            count.withLockedValue { count in
                count.now += 1
                count.most = max(count.most, count.now)
            }
        }
        defer { for count in counts { count.withLockedValue { $0.now -= 1 } } }
        return try await inner.send(request)
    }
}
