import AzureIdentity
import NIOConcurrencyHelpers

/// Keeps what goes through it, and gives it another time-out.
final class SentRequests: HTTPTransport {
    private let inner: any HTTPTransport
    private let timeout: Duration
    private let requests = NIOLockedValueBox<[HTTPRequest]>([])

    init(_ inner: any HTTPTransport, timeout: Duration) {
        self.inner = inner
        self.timeout = timeout
    }

    var all: [HTTPRequest] { requests.withLockedValue { $0 } }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        requests.withLockedValue { $0.append(request) }
        var request = request
        request.timeout = timeout
        return try await inner.send(request)
    }
}
