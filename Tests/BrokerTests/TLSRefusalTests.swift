import Foundation
import RabbitMQ
import TestSupport
import Testing

/// Brokers that can't be trusted or reached by TLS.
@Suite("Refused TLS", .timeLimit(.minutes(5)))
struct TLSRefusalTests {
    @Test("the certificate of an authority that is not trusted is refused")
    func stranger() async throws {
        let configuration = try ConnectionConfiguration(uri: try TestBroker.encryptedURI(authority: "stranger"))

        let error = await openingError(configuration)

        expectMisconfiguration(error, "of an authority that is not trusted; check cacertfile")
        #expect(error?.message.hasPrefix("localhost:") == true)
        #expect(error?.message.hasSuffix("/stranger.pem") == true)
    }

    @Test("a certificate for another name is refused, whether that of the host or the configured one")
    func otherName() async throws {
        let configured = try ConnectionConfiguration(
            uri: try TestBroker.encryptedURI("server_name_indication=broker.test")
        )
        expectMisconfiguration(await openingError(configured), "for another name than broker.test;")

        try await TLSFront.with(.init(certificate: "elsewhere")) { front in
            let byName = await openingError(try .encrypted(front.port))
            let byAddress = await openingError(try .encrypted(front.port, host: "127.0.0.1"))

            expectMisconfiguration(byName, "for another name than localhost; connect by a name or address it holds")
            expectMisconfiguration(byAddress, "for another name than 127.0.0.1; connect by a name or address it holds")
        }
    }

    @Test(
        "a certificate out of its time is refused",
        arguments: [("expired", "has expired; check this machine's clock"), ("early", "is not valid yet; check this")]
    )
    func outOfTime(certificate: String, words: String) async throws {
        try await TLSFront.with(.init(certificate: certificate)) { front in
            expectMisconfiguration(await openingError(try .encrypted(front.port)), "a certificate that \(words)")
        }
    }

    @Test("a self-signed certificate is refused until it is named")
    func selfSigned() async throws {
        try await TLSFront.with(.init(certificate: "stranger")) { front in
            let refused = await openingError(try .encrypted(front.port))
            let stranger = try TestBroker.tlsFile("stranger.pem")
            let named = await openingError(
                try .encrypted(front.port) {
                    $0.tls = TLSConfiguration(authoritiesFile: stranger, serverName: "adf-trigger stranger")
                    $0.loginTimeout = .milliseconds(200)
                }
            )

            expectMisconfiguration(refused, "a self-signed certificate that is not trusted; name it by cacertfile")
            // Behind the handshake there is no broker.
            #expect(named?.message.contains("did not finish the login") == true, "\(String(describing: named))")
        }
    }

    @Test("a certificate that is not meant for servers is refused")
    func otherPurpose() async throws {
        try await TLSFront.with(.init(certificate: "guest")) { front in
            expectMisconfiguration(await openingError(try .encrypted(front.port)), "is not meant for a server")
        }
    }

    @Test("a server that speaks nothing newer than TLS 1.1 is refused")
    func oldVersion() async throws {
        try await TLSFront.with(.init(version: "TLSv1_1")) { front in
            expectMisconfiguration(await openingError(try .encrypted(front.port)), "no version of TLS from 1.2 on")
        }
    }

    @Test("a file of authorities that can't be read is refused by its name", arguments: ["missing.pem", "ca.key"])
    func authoritiesFile(name: String) async throws {
        let file = try TestBroker.tlsFile(name)

        let error = await openingError(try .encrypted(1) { $0.tls?.authoritiesFile = file })

        expectMisconfiguration(error, "\(file) can't be read as certificates in PEM (")
        #expect(error?.message.hasSuffix("check cacertfile") == true)
    }

    @Test("TLS to the plain port is refused, and says that it is the wrong one")
    func encryptedToPlain() async throws {
        let port = try Bench.configuration().port

        let error = await openingError(try .encrypted(port))

        expectMisconfiguration(error, "localhost:\(port) does not speak TLS; check that its port is the one for amqps")
    }

    @Test("a plain connection to the encrypted port is refused, and says that it is the wrong one")
    func plainToEncrypted() async throws {
        let port = try ConnectionConfiguration(uri: try TestBroker.encryptedURI()).port

        let error = await openingError(.loopback(port))

        expectMisconfiguration(error, "127.0.0.1:\(port) speaks TLS; use amqps, or the port for amqp")
    }

    @Test("a server that is silent in the handshake is given up in time, and may be tried again")
    func silent() async throws {
        let socket = try LoopbackSocket()

        let error = await openingError(try .encrypted(socket.port) { $0.connectTimeout = .milliseconds(300) })

        #expect(error?.code == .unreachable)
        #expect(error?.isRetryable == true)
        #expect(error?.message.contains("did not finish the TLS handshake within") == true)
    }

    @Test("a server that hangs up in the handshake may be tried again")
    func hangingUp() async throws {
        try await ScriptedPeer.with { _ in
        } body: { port in
            let error = await openingError(try .encrypted(port))

            #expect(error?.code == .connectionLost)
            #expect(error?.isRetryable == true)
            #expect(error?.message.contains("closed the connection in the TLS handshake") == true)
        }
    }
}
