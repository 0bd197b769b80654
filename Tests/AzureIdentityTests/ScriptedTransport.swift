import AzureIdentity
import NIOConcurrencyHelpers
import Testing

/// A transport that answers from a script, one step per request, and keeps what it was sent.
final class ScriptedTransport: HTTPTransport {
    typealias Step = @Sendable (HTTPRequest) -> Result<HTTPResponse, HTTPTransportError>

    private let state: NIOLockedValueBox<(steps: [Step], requests: [HTTPRequest])>

    init(_ steps: [Step]) {
        state = NIOLockedValueBox((steps, []))
    }

    convenience init(answering responses: HTTPResponse...) {
        self.init(responses.map { response in { _ in .success(response) } })
    }

    convenience init(failing error: HTTPTransportError) {
        self.init([{ _ in .failure(error) }])
    }

    var requests: [HTTPRequest] { state.withLockedValue { $0.requests } }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let step: Step? = state.withLockedValue { state in
            state.requests.append(request)
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
        guard let step else {
            Issue.record("a request the script does not expect: \(request)")
            throw HTTPTransportError(code: .other, message: "unexpected request", certainty: .notSent)
        }
        return try step(request).get()
    }
}

extension HTTPResponse {
    static func json(_ status: Int, _ body: String, _ headers: [HTTPHeader] = []) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }
}
