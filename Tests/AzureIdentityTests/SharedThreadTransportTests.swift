import AzureIdentity
import Dispatch
import IOLoop
import NetworkTestSupport
import Testing

@Suite("The transport on a thread that others keep", .timeLimit(.minutes(5)))
struct SharedThreadTransportTests {
    // The caller may have made sure of something just before, such as that the request it works on is still its own.
    @Test("a request over a connection that stands is sent before anybody else has the thread")
    func sentAtOnce() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let arrivals = DispatchSemaphore(value: 0)
        let react: @Sendable (LoopbackServer.Request) -> LoopbackServer.Reaction = { _ in
            arrivals.signal()
            return .answer(answer)
        }
        let hasArrived = try await LoopbackServer.withServer(reacting: react) { server in
            let thread = try IOThread(name: "shared", stackByteCount: 1 << 20)
            let transport = try CurlTransport(configuration: .init(), on: thread)
            let request = HTTPRequest(method: .get, url: "\(server.url)/", headers: [], timeout: .seconds(60))
            let task = Task(executorPreference: thread) {
                _ = try await transport.send(request)
                _ = keep(until: arrivals)
                let sending = Task(executorPreference: thread) { try await transport.send(request) }
                // It begins now, and we have the thread again when it waits.
                await Task.yield()
                let hasArrived = keep(until: arrivals)
                _ = try await sending.value
                return hasArrived
            }
            let hasArrived = try await task.value
            await transport.shutdown()
            return hasArrived
        }

        #expect(hasArrived)
    }

    /// Keeps the thread until there is a request; false where none comes.
    private func keep(until arrivals: DispatchSemaphore) -> Bool {
        arrivals.wait(timeout: .now() + .seconds(20)) == .success
    }
}
