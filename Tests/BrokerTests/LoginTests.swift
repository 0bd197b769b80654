import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Logging in", .timeLimit(.minutes(5)))
struct LoginTests {
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
            await openingError(try Bench.configuration { $0.password = .init("hunter2") })
        )

        #expect(error.code == .accessRefused)
        #expect(error.replyCode == 403)
        #expect(!error.isRetryable)
        #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
    }

    @Test("an unknown user is refused as such")
    func unknownUser() async throws {
        let error = await openingError(try Bench.configuration { $0.user = "nobody" })

        #expect(error?.code == .accessRefused)
    }

    @Test("a password in a file is read at each login, so that a changed one is taken up")
    func passwordFile() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: TestBroker.uniqueName("password"))
        defer { try? FileManager.default.removeItem(at: url) }
        let uri = try TestBroker.uri().replacing("guest:guest@", with: "guest@") + "?passwordfile=\(url.path)"
        let configuration = try ConnectionConfiguration(uri: uri)

        let missing = await openingError(configuration)
        try Data("hunter2\n".utf8).write(to: url)
        let wrong = await openingError(configuration)
        try Data("guest\n".utf8).write(to: url)
        let right = await openingError(configuration)

        #expect(missing?.code == .passwordUnreadable)
        #expect(missing?.message.contains("\(url.path) can't be opened: No such file or directory") == true)
        #expect(missing?.isRetryable == false)
        #expect(wrong?.code == .accessRefused)
        #expect(wrong?.message.contains("the password in \(url.path)") == true)
        #expect(wrong.map { "\($0)" }?.contains("hunter2") == false)
        #expect(right == nil)
    }

    @Test("a broker that does not offer login by password is refused as such")
    func plainNotOffered() async throws {
        try await ScriptedPeer.with { peer in
            let mechanisms = Array("EXTERNAL".utf8)
            let locale = Array("en_US".utf8)
            peer.write([10, 10], [0, 9, 0, 0, 0, 0, 0, 0, 0, 8] + mechanisms + [0, 0, 0, 5] + locale)
            peer.waitUntilClosed()
        } body: { port in
            let error = await openingError(.loopback(port))

            #expect(error?.code == .accessRefused)
            #expect(error?.message.contains("does not offer login by user name and password (PLAIN)") == true)
            #expect(error?.isRetryable == false)
        }
    }

    @Test(
        "the broker is asked for the frames and channels that are configured",
        arguments: [(4096, 7), (131_072, 2047)]
    )
    func limits(frameByteCount: Int, channelMaximum: UInt16) async throws {
        let listener = try LoopbackSocket()
        defer { listener.shutDown() }
        let (received, receiver) = AsyncStream.makeStream(of: [UInt8].self)
        Thread.detachNewThread {
            guard let client = listener.accept() else { return }
            let start: [UInt8] = [0, 10, 0, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5] + "PLAIN".utf8 + [0, 0, 0, 0]
            // A broker without limits of its own.
            let tune: [UInt8] = [0, 10, 0, 30, 0, 0, 0, 0, 0, 0, 0, 60]
            for method in [start, tune] {
                _ = writeAll([1, 0, 0, 0, 0, 0, UInt8(method.count)] + method + [0xCE], to: client)
            }
            var bytes: [UInt8] = []
            while case let more = readSome(4096, from: client), !more.isEmpty { bytes += more }
            close(client)
            receiver.yield(bytes)
        }

        _ = await openingError(
            .loopback(listener.port) {
                $0.frameByteCount = frameByteCount
                $0.channelMaximum = channelMaximum
                $0.loginTimeout = .seconds(4)
            }
        )

        let bytes = try #require(await received.first { _ in true })
        let size = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: frameByteCount >> $0) }
        let answer = [0, 10, 0, 31, UInt8(channelMaximum >> 8), UInt8(channelMaximum & 0xFF)] + size + [0, 15]
        #expect(bytes.firstRange(of: answer) != nil)
    }

    @Test("settings that can't be are refused before anything is opened")
    func impossible() async {
        let error = await openingError(.loopback(1) { $0.frameByteCount = 0 })

        #expect(error?.code == .invalidArgument)
    }

    @Test("a virtual host that does not exist is refused as such")
    func missingVirtualHost() async throws {
        let error = try #require(await openingError(try Bench.configuration { $0.virtualHost = "missing" }))

        #expect(error.code == .virtualHostRefused)
        #expect(error.replyCode == 530)
        #expect(error.message.contains("missing"))
        #expect(!error.isRetryable)
    }

    @Test("a port nobody listens on is unreachable")
    func refusedPort() async throws {
        let socket = try LoopbackSocket(isListening: false)

        let error = try #require(
            await openingError(
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
        let error = await openingError(try Bench.configuration { $0.host = "no-such-host.invalid" })

        #expect(error?.code == .unreachable)
    }

    @Test("a peer that accepts and never answers is given up after the login time-out")
    func silentPeer() async throws {
        // Nobody accepts, but the kernel does, and the client's bytes go nowhere.
        let socket = try LoopbackSocket()
        let started = ContinuousClock.now

        let error = await openingError(
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
            let error = await openingError(
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
            let error = await openingError(
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
