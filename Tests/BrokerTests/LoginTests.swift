import RabbitMQ
import TestSupport
import Testing

@Suite("Logging in", .timeLimit(.minutes(1)))
struct LoginTests {
    private func refusal(_ configuration: ConnectionConfiguration) async -> RabbitMQError? {
        do {
            await (try Connection.open(configuration)).close()
            return nil
        } catch {
            return error
        }
    }

    @Test("a connection opens, is not closed or blocked, and closes by us")
    func open() async throws {
        let connection = try await Connection.open(Bench.configuration())

        #expect(await connection.closed == nil)
        #expect(await connection.isBlockedByBroker == false)
        await connection.close()
        #expect(await connection.closed?.code == .closedByUs)
        #expect(await connection.waitUntilClosed().code == .closedByUs)
        let error = await #expect(throws: RabbitMQError.self) { _ = try await connection.openChannel() }
        #expect(error?.code == .closedByUs)
    }

    @Test("a wrong password is refused as such, and the error repeats no password")
    func wrongPassword() async throws {
        let error = try #require(
            await refusal(try Bench.configuration { $0.password = .init("hunter2") })
        )

        #expect(error.code == .accessRefused)
        #expect(error.replyCode == 403)
        #expect(!error.isRetryable)
        #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
    }

    @Test("an unknown user is refused as such")
    func unknownUser() async throws {
        let error = await refusal(try Bench.configuration { $0.user = "nobody" })

        #expect(error?.code == .accessRefused)
    }

    @Test("a virtual host that does not exist is refused as such")
    func missingVirtualHost() async throws {
        let error = try #require(await refusal(try Bench.configuration { $0.virtualHost = "missing" }))

        #expect(error.code == .virtualHostRefused)
        #expect(error.replyCode == 530)
        #expect(error.message.contains("missing"))
        #expect(!error.isRetryable)
    }

    @Test("a port nobody listens on is unreachable")
    func refusedPort() async throws {
        let socket = try LoopbackSocket(isListening: false)

        let error = try #require(
            await refusal(
                try Bench.configuration {
                    $0.host = "127.0.0.1"
                    $0.port = socket.port
                }
            )
        )

        #expect(error.code == .unreachable)
        #expect(error.isRetryable)
        #expect(error.message.contains("127.0.0.1:\(socket.port)"))
    }

    @Test("a host name that can't be resolved is unreachable")
    func unresolvableHost() async throws {
        let error = await refusal(try Bench.configuration { $0.host = "no-such-host.invalid" })

        #expect(error?.code == .unreachable)
    }

    @Test("a peer that accepts and never answers is given up after the login time-out")
    func silentPeer() async throws {
        // Nobody accepts, but the kernel does, and the client's bytes go nowhere.
        let socket = try LoopbackSocket()
        let started = ContinuousClock.now

        let error = await refusal(
            try Bench.configuration {
                $0.host = "127.0.0.1"
                $0.port = socket.port
                $0.loginTimeout = .seconds(1)
            }
        )

        #expect(error?.code == .unreachable)
        #expect(ContinuousClock.now - started < .seconds(25))
    }

    @Test("a peer that speaks another protocol is refused, whether it hangs up or not", arguments: [true, false])
    func otherProtocol(hangsUp: Bool) async throws {
        try await ScriptedPeer.with { peer in
            peer.writeBytes(Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
            if !hangsUp { peer.waitUntilClosed() }
        } body: { port in
            let error = await refusal(
                try Bench.configuration {
                    $0.host = "127.0.0.1"
                    $0.port = port
                    $0.loginTimeout = .seconds(2)
                }
            )

            #expect(
                [.protocolViolation, .connectionLost, .unreachable].contains(error?.code),
                "\(String(describing: error))"
            )
        }
    }

    @Test("a peer that hangs up at once is a lost connection")
    func hangingUpPeer() async throws {
        try await ScriptedPeer.with { _ in
        } body: { port in
            let error = await refusal(
                try Bench.configuration {
                    $0.host = "127.0.0.1"
                    $0.port = port
                }
            )

            #expect(error?.code == .connectionLost)
            #expect(error?.isRetryable == true)
        }
    }
}
