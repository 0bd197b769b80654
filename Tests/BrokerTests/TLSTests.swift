import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Encrypted connections", .timeLimit(.minutes(5)))
struct TLSTests {
    @Test("messages of any size pass an encrypted connection intact", arguments: [0, 1, 16_384, 131_064, 1 << 20])
    func roundTrip(byteCount: Int) async throws {
        let configuration = try ConnectionConfiguration(uri: try TestBroker.encryptedURI("verify=verify_peer"))
        try await withConnection(configuration) { connection in
            let channel = try await connection.openChannel()
            try await channel.enableConfirms()
            try await channel.setPrefetch(10)
            let queue = QueueDeclaration(name: "", isDurable: false, isExclusive: true)
            let name = try await channel.declare(queue).name
            var deliveries = try await channel.consume(name, consumerTag: "c").makeAsyncIterator()
            let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }

            for _ in 1...3 {
                let outcome = try await channel.publish(Message(body: body), routingKey: name, isMandatory: true)
                #expect(outcome.summary == "confirmed")
                let delivery = try #require(try await deliveries.next())
                #expect(delivery.message.body == body)
                try await channel.acknowledge(delivery)
            }
        }
    }

    @Test("a broker may be known by an address in its certificate, and no address is asked for as a name")
    func address() async throws {
        let node = try ConnectionConfiguration(uri: try TestBroker.encryptedURI(host: "127.0.0.1"))
        #expect(await openingError(node) == nil)

        try await TLSFront.with(to: [Bench.configuration().port]) { front in
            let error = try await openingError(.encrypted(front.port, host: "127.0.0.1"))
            #expect(error == nil)
            #expect(front.events == ["asked for None", "met None"])
        }
    }

    @Test("a broker is asked for by its name, without the dot that may end it", arguments: [nil, "localhost."])
    func hostName(serverName: String?) async throws {
        try await TLSFront.with(to: [Bench.configuration().port]) { front in
            let error = try await openingError(.encrypted(front.port) { $0.tls?.serverName = serverName })

            #expect(error == nil)
            #expect(front.events == ["asked for localhost", "met None"])
        }
    }

    @Test(
        "a broker may be known by another name than its host's, and is asked for by that",
        arguments: ["localhost", "127.0.0.1"]
    )
    func serverName(host: String) async throws {
        let options = TLSFront.Options(certificatesByName: ["broker.test": "elsewhere"])
        try await TLSFront.with(options, to: [Bench.configuration().port]) { front in
            let configuration = try ConnectionConfiguration.encrypted(front.port, host: host) {
                $0.tls?.serverName = "broker.test"
            }

            #expect(await openingError(configuration) == nil)
            #expect(front.events == ["asked for broker.test", "met None"])
        }
    }

    @Test("TLS 1.2 is accepted")
    func olderVersion() async throws {
        try await TLSFront.with(.init(version: "TLSv1_2"), to: [Bench.configuration().port]) { front in
            let error = try await openingError(.encrypted(front.port))
            #expect(error == nil)
        }
    }

    @Test("without a file of authorities those of the system count, which SSL_CERT_FILE replaces")
    func systemAuthorities() async {
        // In a process of its own: the environment is everybody's.
        await #expect(processExitsWith: .success) {
            let configuration = try ConnectionConfiguration(uri: try TestBroker.encryptedURI(authority: nil))
            setenv("SSL_CERT_DIR", "/nonexistent", 1)
            setenv("SSL_CERT_FILE", try TestBroker.tlsFile("stranger.pem"), 1)
            let refusal = await openingError(configuration)
            guard refusal?.code == .tlsFailed, refusal?.message.contains("install ca-certificates") == true else {
                throw NeverHappened(
                    description: "a stranger's certificate was refused, but \(String(describing: refusal))"
                )
            }

            setenv("SSL_CERT_FILE", try TestBroker.tlsFile("ca.pem"), 1)
            if let error = await openingError(configuration) { throw error }
        }
    }

    @Test("errors say nothing secret")
    func secrets() async throws {
        let configuration = try ConnectionConfiguration(
            uri: try TestBroker.encryptedURI(authority: "stranger").replacing("guest:guest@", with: "guest:hunter2@")
        )

        let error = try #require(await openingError(configuration))

        #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
    }
}
