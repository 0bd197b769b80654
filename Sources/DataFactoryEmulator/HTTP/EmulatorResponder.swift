import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request, has it answered, and ends it as the answer or a fault demands.
struct EmulatorResponder: HTTPResponder {
    typealias Context = ConnectionContext

    /// The most a request body may hold, in bytes.
    static let maximumBodyBytes = 1_048_576

    /// Thrown once a connection has been cut, to keep the server from writing to it.
    private struct ConnectionEnded: Error {}

    let services: EmulatorServices
    /// What the URLs of this emulator begin with: `http` or `https`.
    let scheme: String

    func respond(to incoming: Request, context: ConnectionContext) async throws -> Response {
        var request = incoming
        guard let target = RequestTarget(request.head.path ?? "/") else {
            return response(ManagementError.badRequest("The request URI is not percent-encoded.").answer())
        }
        let route = Route(method: request.method.rawValue, target: target)
        let body: ByteBuffer
        do {
            body = request.method == .get ? ByteBuffer() : try await request.collectBody(upTo: Self.maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            return response(tooLarge(request, route))
        }
        let exchange = Exchange(
            target: target,
            headers: request.headers,
            scheme: scheme,
            authority: request.head.authority ?? "",
            body: Array(body.readableBytesView)
        )
        let ticket = capture(request, route, body: exchange.body)
        let ending = try await services.end(exchange, route)
        if let ticket, let status = ending.status { services.requests.answered(ticket, status: status) }
        switch ending {
        case .answer(let answer):
            return response(answer)
        case .truncated(let answer):
            return truncated(answer, context)
        case .reset:
            await context.reset()
            throw ConnectionEnded()
        case .hang:
            try await waitForClientToLeave(request)
            await context.reset()
            throw ConnectionEnded()
        }
    }

    /// Keeps a request for the emulator's own route; those of its own routes are not kept.
    private func capture(_ request: Request, _ route: Route, body: [UInt8]) -> RequestLog.Ticket? {
        guard let name = route.name else { return nil }
        return services.requests.arrived(
            CapturedRequest(
                time: services.management.clock.now(),
                route: name,
                method: request.method.rawValue,
                target: request.head.path ?? "/",
                authority: request.head.authority ?? "",
                headers: request.headers,
                body: body
            )
        )
    }

    private func tooLarge(_ request: Request, _ route: Route) -> Answer {
        let message = "The request body is larger than \(Self.maximumBodyBytes) bytes."
        let answer = ManagementError(status: 413, code: "RequestEntityTooLarge", message: message).answer()
        if let name = route.name { services.statistics.count(name, "413") }
        // Its body is not known in full, so none of it is kept.
        if let ticket = capture(request, route, body: []) { services.requests.answered(ticket, status: 413) }
        return answer
    }

    private func response(_ answer: Answer) -> Response {
        let status = HTTPResponse.Status(code: answer.status)
        let body = answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        return Response(status: status, headers: answer.headers, body: body)
    }

    /// Promises the whole body, sends the first ten bytes of it, and closes.
    private func truncated(_ answer: Answer, _ context: ConnectionContext) -> Response {
        let start = ByteBuffer(bytes: answer.body.prefix(10))
        let body = ResponseBody(contentLength: answer.body.count) { writer in
            if answer.endsWithHeaders {
                // The headers go out with the first write, were it of nothing.
                try await writer.write(ByteBuffer())
                await context.reset()
                throw ConnectionEnded()
            }
            try await writer.write(start)
            try await context.channel.close(mode: .output).get()
            throw ConnectionEnded()
        }
        return Response(status: .init(code: answer.status), headers: answer.headers, body: body)
    }

    private func waitForClientToLeave(_ request: Request) async throws {
        try? await request.body.consumeWithCancellationOnInboundClose { _ in
            // Nothing is ever sent here: the loop ends when the client leaves or the emulator stops.
            let (silence, continuation) = AsyncStream<Never>.makeStream()
            for await _ in silence {}
            continuation.finish()
        }
    }
}
