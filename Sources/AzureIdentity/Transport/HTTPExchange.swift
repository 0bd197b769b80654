internal import AsyncHTTPClient
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// Collects one answer and remembers whether the request's head was written.
///
/// AsyncHTTPClient calls back on the event loop. It reports the head right after writing it and before it asks for the
/// body, so while ``headWasWritten`` is false the server cannot have a complete request, whatever the error.
final class HTTPExchange: HTTPClientResponseDelegate {
    typealias Response = HTTPResponse

    struct ResponseTooLarge: Error {
        let limit: Int
    }

    private struct State {
        var headWasWritten = false
        var response = HTTPResponse(status: 0)
    }

    private let state = NIOLockedValueBox(State())
    private let maximumResponseBytes: Int

    init(maximumResponseBytes: Int) {
        self.maximumResponseBytes = maximumResponseBytes
    }

    /// Whether any byte of the request can have left.
    var headWasWritten: Bool {
        state.withLockedValue { $0.headWasWritten }
    }

    /// The status of the answer, once its head was read.
    var status: Int? {
        state.withLockedValue { $0.response.status == 0 ? nil : $0.response.status }
    }

    func didSendRequestHead(task: HTTPClient.Task<HTTPResponse>, _ head: HTTPRequestHead) {
        state.withLockedValue { $0.headWasWritten = true }
    }

    func didReceiveHead(task: HTTPClient.Task<HTTPResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let length = head.headers.first(name: "content-length").flatMap(Int.init) ?? 0
        guard length <= maximumResponseBytes else {
            return task.eventLoop.makeFailedFuture(ResponseTooLarge(limit: maximumResponseBytes))
        }
        state.withLockedValue {
            $0.response.status = Int(head.status.code)
            $0.response.headers = head.headers.map { HTTPHeader(name: $0.name, value: $0.value) }
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<HTTPResponse>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = state.withLockedValue { state in
            guard state.response.body.count + part.readableBytes <= maximumResponseBytes else { return false }
            state.response.body.append(contentsOf: part.readableBytesView)
            return true
        }
        return fits
            ? task.eventLoop.makeSucceededVoidFuture()
            : task.eventLoop.makeFailedFuture(ResponseTooLarge(limit: maximumResponseBytes))
    }

    func didFinishRequest(task: HTTPClient.Task<HTTPResponse>) throws -> HTTPResponse {
        state.withLockedValue { $0.response }
    }
}
