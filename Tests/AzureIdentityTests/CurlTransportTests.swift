import NIOConcurrencyHelpers
import NetworkTestSupport
import Testing

@testable import AzureIdentity

// The races below take some thousand turns, and there are suites that keep a thousand tasks busy meanwhile.
@Suite("The transport", .timeLimit(.minutes(5)))
struct CurlTransportTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: yes\r\n\r\nok"

    private func post(_ url: String, body: String = "{}", timeout: Duration = .seconds(20)) -> HTTPRequest {
        HTTPRequest(
            method: .post,
            url: url,
            headers: [HTTPHeader(name: "content-type", value: "application/json")],
            body: Array(body.utf8),
            timeout: timeout
        )
    }

    private func failure(
        _ transport: CurlTransport,
        _ request: HTTPRequest
    ) async throws -> HTTPTransportError {
        do {
            let response = try await transport.send(request)
            Issue.record("an answer instead of an error: \(response)")
        } catch {
            return error
        }
        throw Unexpected()
    }

    private struct Unexpected: Error {}

    @Test("path, query, headers and body reach the wire as they are, and the answer comes back")
    func exchange() async throws {
        let path = "/a%20b/%5Bx%5D/caf%C3%A9?api-version=1&q=a%2Bb%26c%20d"
        let body = #"{"n":12345678901234567890,"d":1.10,"ü":"é"}"#

        let (response, seen) = try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                (try await transport.send(post("\(server.url)\(path)", body: body)), server.requests)
            }
        }

        #expect(response.status == 200)
        #expect(response.body == Array("ok".utf8))
        #expect(response.header("x-test") == "yes")
        let text = try #require(seen.first?.text)
        #expect(text.hasPrefix("POST \(path) HTTP/1.1\r\n"))
        #expect(text.hasSuffix("\r\n\r\n\(body)"))
        #expect(text.lowercased().contains("\r\ncontent-length: \(body.utf8.count)\r\n"))
    }

    @Test("a refused connection is certainly not sent, and is reported at once")
    func refused() async throws {
        let url = try await LoopbackServer.withServer(reacting: { _ in .hang }) { $0.url }

        try await withTransport { transport in
            let error = try await failure(transport, post(url))

            #expect(error.code == .connectFailed)
            #expect(error.certainty == .notSent)
        }
    }

    @Test("a refused connection to a name is certainly not sent")
    func refusedByName() async throws {
        let port = try await LoopbackServer.withServer(reacting: { _ in .hang }) { $0.port }

        try await withTransport { transport in
            let error = try await failure(transport, post("http://localhost:\(port)/"))

            #expect(error.code == .connectFailed)
            #expect(error.certainty == .notSent)
        }
    }

    @Test("a TLS handshake that fails is certainly not sent")
    func tlsFailure() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .hang }) { server in
            try await withTransport(.init(connectTimeout: .seconds(1))) { transport in
                // The server takes the ClientHello for an unfinished request and says nothing.
                let error = try await failure(transport, post("https://127.0.0.1:\(server.port)/"))

                #expect(error.certainty == .notSent)
                #expect([.tlsFailed, .connectTimeout, .poolTimeout].contains(error.code))
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test(
        "whatever happens after the request was read leaves its outcome unknown",
        arguments: [
            (.close, .connectionLost), (.reset, .connectionLost), (.hang, .timeout),
            (.answer("this is not HTTP\r\n\r\n"), .malformedResponse),
            (.answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), nil),
            (.answer("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n"), .responseTooLarge),
            (
                .answer(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n\(String(repeating: "x", count: 65))\r\n"
                ), .responseTooLarge
            ),
        ] as [(LoopbackServer.Reaction, HTTPTransportError.Code?)]
    )
    func afterSending(reaction: LoopbackServer.Reaction, code: HTTPTransportError.Code?) async throws {
        try await LoopbackServer.withServer(reacting: { _ in reaction }) { server in
            try await withTransport(.init(maximumResponseBytes: 64)) { transport in
                // Short where the time-out is what is waited for, out of the way elsewhere.
                let timeout: Duration = code == .timeout ? .seconds(4) : .seconds(20)
                let error = try await failure(transport, post(server.url, timeout: timeout))

                #expect(error.certainty == .unknown)
                if let code { #expect(error.code == code) }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("a body without an announced length is bounded, also when it comes in small pieces")
    func endlessBody() async throws {
        let pieces = String(repeating: "2\r\nxy\r\n", count: 33)
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(pieces)"
        for text in [answer, "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 65)] {
            try await LoopbackServer.withServer(reacting: { _ in .answer(text) }) { server in
                try await withTransport(.init(maximumResponseBytes: 64)) { transport in
                    let error = try await failure(transport, post(server.url))

                    #expect(error.code == .responseTooLarge)
                    #expect(error.certainty == .unknown)
                }
            }
        }
    }

    @Test("a chunked body within the bound arrives whole")
    func chunkedBody() async throws {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nT: 1\r\n\r\n"
        try await LoopbackServer.withServer(reacting: { _ in .answer(answer) }) { server in
            try await withTransport(.init(maximumResponseBytes: 5)) { transport in
                let response = try await transport.send(post(server.url))

                #expect(response.body == Array("abcde".utf8))
            }
        }
    }

    @Test(
        "a flood of header fields is refused: too many, too long, and without an end",
        arguments: ["x: y\r\n", "y", "x"]
    )
    func headerFlood(piece: String) async throws {
        let fields =
            switch piece {
            case "y": "x: " + String(repeating: piece, count: 300_000) + "\r\n\r\n"
            case "x": String(repeating: piece, count: 300_000)
            default: String(repeating: piece, count: 300) + "\r\n"
            }
        try await LoopbackServer.withServer(reacting: { _ in .answer("HTTP/1.1 200 OK\r\n" + fields) }) { server in
            try await withTransport { transport in
                let error = try await failure(transport, post(server.url))

                #expect(error.code == .malformedResponse)
                #expect(error.certainty == .unknown)
                #expect("\(error)".utf8.count < 400)
            }
        }
    }

    @Test("a request cancelled in flight leaves its outcome unknown")
    func cancelledInFlight() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .hang }) { server in
            try await withTransport { transport in
                let request = post(server.url)
                let task = Task { () async throws(HTTPTransportError) in try await transport.send(request) }
                var arrivals = server.arrivals.makeAsyncIterator()
                _ = await arrivals.next()

                task.cancel()
                let error = await #expect(throws: HTTPTransportError.self) { try await task.value }

                #expect(error?.code == .cancelled)
                #expect(error?.certainty == .unknown)
            }
        }
    }

    @Test("a request cancelled before it was handed over is certainly not sent")
    func cancelledBefore() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                let request = post(server.url)
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await transport.send(request)
                }

                let error = await #expect(throws: HTTPTransportError.self) { try await task.value }

                #expect(error?.code == .cancelled)
                #expect(error?.certainty == .notSent)
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test("a request that waits for a busy pool is certainly not sent, whether it times out or is cancelled")
    func busyPool() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .hang }) { server in
            let configuration = CurlTransport.Configuration(
                maxConnectionsPerHost: 1,
                connectTimeout: .seconds(4)
            )
            try await withTransport(configuration) { transport in
                let request = post(server.url)
                let first = Task { try await transport.send(request) }
                var arrivals = server.arrivals.makeAsyncIterator()
                _ = await arrivals.next()

                let late = try await failure(transport, request)
                let queued = Task { try await transport.send(request) }
                await Task.yield()
                queued.cancel()
                let cancelled = await #expect(throws: HTTPTransportError.self) { try await queued.value }
                let short = try await failure(transport, post(server.url, timeout: .milliseconds(50)))

                #expect(late.code == .poolTimeout)
                #expect(late.certainty == .notSent)
                #expect(cancelled?.certainty == .notSent)
                #expect(short.code == .timeout)
                #expect(short.certainty == .notSent)
                #expect(server.requests.count == 1)
                first.cancel()
                _ = await first.result
            }
        }
    }

    @Test("a connection is used again")
    func keepAlive() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                for _ in 0..<5 { _ = try await transport.send(post(server.url)) }

                #expect(Set(server.requests.map(\.connection)) == [1])
            }
        }
    }

    @Test("a request that a kept connection swallows is not sent again")
    func noResend() async throws {
        // The first request is answered and the connection kept; the second is read and the connection closed. A
        // client that resends on a closed kept-alive connection would now open a second one.
        let count = NIOLockedValueBox(0)
        try await LoopbackServer.withServer(reacting: { _ in
            let number = count.withLockedValue { count in
                count += 1
                return count
            }
            return number == 1 ? .answer(Self.ok) : .close
        }) { server in
            try await withTransport { transport in
                _ = try await transport.send(post(server.url))
                let error = try await failure(transport, post(server.url))

                #expect(error.code == .connectionLost)
                #expect(error.certainty == .unknown)
                #expect(server.requests.map(\.connection) == [1, 1])
            }
        }
    }

    @Test("racing the server's close of idle connections, nothing is sent twice and nothing called unsent was sent")
    func idleCloseRace() async throws {
        // The server closes right after each answer without saying so: the next request may meet an open connection, a
        // closing one, or a new one.
        try await LoopbackServer.withServer(reacting: { _ in .answerAndClose(Self.ok) }) { server in
            try await withTransport(.init(maxConnectionsPerHost: 4)) { transport in
                var unsent: Set<String> = []
                var answered: Set<String> = []
                for number in 0..<300 {
                    do throws(HTTPTransportError) {
                        _ = try await transport.send(post("\(server.url)/\(number)"))
                        answered.insert("\(number)")
                    } catch {
                        if error.certainty == .notSent { unsent.insert("\(number)") }
                    }
                }

                let received = server.requests.compactMap { request in
                    request.text.split(separator: " ").dropFirst().first.map { String($0.dropFirst()) }
                }
                #expect(Set(received).count == received.count)
                #expect(unsent.isDisjoint(with: received))
                #expect(answered.isSubset(of: received))
                #expect(!answered.isEmpty)
            }
        }
    }

    @Test("cancelling at any moment, nothing called unsent was sent", arguments: [1, 2])
    func cancellationRace(connections: Int) async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport(.init(maxConnectionsPerHost: connections)) { transport in
                var unsent: Set<String> = []
                for number in 0..<200 {
                    let request = post("\(server.url)/\(number)")
                    let task = Task { () async throws(HTTPTransportError) in try await transport.send(request) }
                    for _ in 0..<(number % 12) { await Task.yield() }
                    task.cancel()
                    if case .failure(let error as HTTPTransportError) = await task.result,
                        error.certainty == .notSent
                    {
                        unsent.insert("\(number)")
                    }
                }

                let received = server.requests.compactMap { request in
                    request.text.split(separator: " ").dropFirst().first.map { String($0.dropFirst()) }
                }
                #expect(Set(received).count == received.count)
                #expect(unsent.isDisjoint(with: received))
            }
        }
    }

    @Test("a field without a value is sent, and none is added that the caller did not give")
    func fields() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                let headers = [HTTPHeader(name: "x-empty", value: ""), HTTPHeader(name: "x-some", value: "a  b")]
                for method in [HTTPRequest.Method.get, .post] {
                    _ = try await transport.send(
                        HTTPRequest(method: method, url: server.url, headers: headers, timeout: .seconds(20))
                    )
                }

                let lines = server.requests.map { request in
                    Set(request.text.lowercased().split(separator: "\r\n").dropFirst().map(String.init))
                }
                let host = "host: 127.0.0.1:\(server.port)"
                #expect(lines[0] == [host, "x-empty:", "x-some: a  b"])
                #expect(lines[1] == [host, "x-empty:", "x-some: a  b", "content-length: 0"])
            }
        }
    }

    @Test("an interim answer is none, and what follows a chunked body is no field of the head")
    func heads() async throws {
        let answer =
            "HTTP/1.1 103 Early Hints\r\nx-early: 1\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nx-late: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: 3\r\n\r\n"
        try await LoopbackServer.withServer(reacting: { _ in .answer(answer) }) { server in
            try await withTransport { transport in
                let response = try await transport.send(post(server.url))

                #expect(response.status == 200)
                #expect(response.body == Array("ok".utf8))
                #expect(response.headers.map(\.name) == ["x-late", "Transfer-Encoding"])
            }
        }
    }

    @Test("the transport's thread ends with it, shut down or not", arguments: [true, false])
    func lifetime(isShutDown: Bool) async throws {
        // The process has other transports, whose threads have the same name.
        weak var thread: AnyObject?
        do {
            let transport = try CurlTransport()
            thread = transport.loop.thread
            if isShutDown { await transport.shutdown() }
        }

        await eventually { thread == nil }
    }

    @Test("redirects are answers")
    func redirects() async throws {
        let answer = "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        try await LoopbackServer.withServer(reacting: { _ in .answer(answer) }) { server in
            try await withTransport { transport in
                let response = try await transport.send(post(server.url))

                #expect(response.status == 307)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("plain http to another host is refused before anything is sent")
    func insecure() async throws {
        try await withTransport { transport in
            let error = try await failure(transport, post("http://management.azure.com/"))

            #expect(error.code == .insecureURL)
            #expect(error.certainty == .notSent)
        }
    }

    @Test("a header that cannot be sent is certainly not sent, and its value is not shown")
    func badHeader() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .answer(Self.ok) }) { server in
            try await withTransport { transport in
                var request = post(server.url)
                request.headers.append(HTTPHeader(name: "authorization", value: "Bearer top\r\nsecret"))

                let error = try await failure(transport, request)

                #expect(error.code == .invalidRequest)
                #expect(error.certainty == .notSent)
                #expect(!"\(error)".contains("secret"))
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test("after shutdown nothing is sent, and a second shutdown is harmless")
    func shutdown() async throws {
        let transport = try CurlTransport()
        await transport.shutdown()
        await transport.shutdown()

        let error = try await failure(transport, post("http://127.0.0.1:1/"))

        #expect(error.code == .shutDown)
        #expect(error.certainty == .notSent)
    }

    @Test("shutdown ends what is in flight")
    func shutdownInFlight() async throws {
        try await LoopbackServer.withServer(reacting: { _ in .hang }) { server in
            let transport = try CurlTransport()
            let request = post(server.url)
            let task = Task { try await transport.send(request) }
            var arrivals = server.arrivals.makeAsyncIterator()
            _ = await arrivals.next()

            await transport.shutdown()

            let error = await #expect(throws: HTTPTransportError.self) { try await task.value }
            #expect(error?.certainty == .unknown)
        }
    }
}
