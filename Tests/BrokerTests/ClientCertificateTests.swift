import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Client certificates", .timeLimit(.minutes(5)))
struct ClientCertificateTests {
    /// The node's encrypted port, with a certificate.
    private func configuration(
        _ certificate: TLSConfiguration.ClientCertificate?,
        _ change: (inout ConnectionConfiguration) -> Void = { _ in }
    ) throws -> ConnectionConfiguration {
        var configuration = try ConnectionConfiguration(uri: try TestBroker.encryptedURI())
        configuration.tls?.clientCertificate = certificate
        change(&configuration)
        return configuration
    }

    // MARK: - Logging in

    @Test("a client certificate logs in the user it names, without a password")
    func external() async throws {
        let parameters = [
            "auth_mechanism=external", "certfile=\(try TestBroker.tlsFile("guest.pem"))",
            "keyfile=\(try TestBroker.tlsFile("guest.key"))",
        ]
        let uri = try TestBroker.encryptedURI(parameters.joined(separator: "&"))
            .replacing("guest:guest@", with: "nobody:wrong@")

        try await Bench.with("external", configuration: ConnectionConfiguration(uri: uri)) { bench in
            #expect(try await bench.publish(Message("hello")).summary == "confirmed")
            var deliveries = try await bench.consume().makeAsyncIterator()
            #expect(try await deliveries.next()?.message.text == "hello")
        }
    }

    @Test("an empty user logs in by certificate too")
    func externalWithoutUser() async throws {
        let configuration = try configuration(.named("guest")) {
            $0.authentication = .external
            $0.user = ""
        }

        #expect(await openingError(configuration) == nil)
    }

    @Test("a client certificate may be shown beside a password, and the password counts")
    func plain() async throws {
        let good = try configuration(.named("guest"))
        let wrong = try configuration(.named("guest")) { $0.password = .init("hunter2") }

        #expect(await openingError(good) == nil)
        expectMisconfiguration(await openingError(wrong), "check the URI's user and password", code: .accessRefused)
    }

    @Test("a certificate whose name is no user's is refused, with the certificate")
    func unknownUser() async throws {
        // Signed by the right authority, for a client called localhost.
        let configuration = try configuration(.named("localhost")) { $0.authentication = .external }

        let error = await openingError(configuration)

        expectMisconfiguration(error, "the user of the client certificate", code: .accessRefused)
        #expect(error?.message.contains("localhost.pem; check that the broker has a user of that name") == true)
        #expect(error?.replyCode == 403)
    }

    @Test("a login by certificate without a certificate is refused before anything is sent")
    func externalWithoutCertificate() async throws {
        let configuration = try configuration(nil) { $0.authentication = .external }

        expectMisconfiguration(await openingError(configuration), "set certfile and keyfile", code: .invalidArgument)
    }

    @Test("a broker that does not offer login by certificate is refused as such")
    func externalNotOffered() async throws {
        try await ScriptedPeer.with { peer in
            peer.logIn()
            peer.waitUntilClosed()
        } body: { peer in
            try await TLSFront.with(to: [peer]) { front in
                let certificate = try TLSConfiguration.ClientCertificate.named("guest")
                let configuration = try ConnectionConfiguration.encrypted(front.port) {
                    $0.authentication = .external
                    $0.tls?.clientCertificate = certificate
                }

                let error = await openingError(configuration)

                expectMisconfiguration(
                    error,
                    "does not offer login by client certificate (EXTERNAL)",
                    code: .accessRefused
                )
            }
        }
    }

    @Test("where login by certificate is not offered, a second way is taken")
    func fallback() async throws {
        // They offer PLAIN alone. The first is left; the second hangs up when the client is in.
        try await ScriptedPeer.with {
            $0.logIn()
        } body: { first in
            try await ScriptedPeer.with {
                $0.logIn()
            } body: { second in
                try await TLSFront.with(to: [first, second]) { front in
                    let certificate = try TLSConfiguration.ClientCertificate.named("guest")
                    let configuration = try ConnectionConfiguration.encrypted(front.port) {
                        $0.authentication = .external
                        $0.fallbackAuthentication = .plain
                        $0.tls?.clientCertificate = certificate
                    }

                    let connection = try await Connection.open(configuration)

                    #expect(await connection.waitUntilClosed().code == .connectionLost)
                    #expect(front.events == ["asked for localhost", "met None", "asked for localhost", "met None"])
                }
            }
        }
    }

    // MARK: - Keys

    @Test("an encrypted key is read with its passphrase")
    func encryptedKey() async throws {
        let certificate = try TLSConfiguration.ClientCertificate.named(
            "guest",
            key: "guest-encrypted",
            passphrase: "open sesame"
        )

        #expect(try await openingError(configuration(certificate) { $0.authentication = .external }) == nil)
    }

    @Test(
        "an encrypted key without its passphrase is refused, and nobody is asked for one",
        arguments: [
            (nil, "is encrypted, and no passphrase is set"), ("hunter2", "can't be decrypted with the passphrase"),
            (String(repeating: "hunter2", count: 500), "can't be decrypted with the passphrase"),
        ]
    )
    func badPassphrase(passphrase: String?, words: String) async throws {
        let certificate = try TLSConfiguration.ClientCertificate.named(
            "guest",
            key: "guest-encrypted",
            passphrase: passphrase
        )

        let error = await openingError(try configuration(certificate))

        expectMisconfiguration(error, "guest-encrypted.key \(words)")
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test("a passphrase may be in a file")
    func passphraseFile() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: TestBroker.uniqueName("passphrase"))
        try Data("open sesame\n".utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        var certificate = try TLSConfiguration.ClientCertificate.named("guest", key: "guest-encrypted")
        certificate.passphrase = .file(url.path)

        #expect(try await openingError(configuration(certificate)) == nil)
    }

    @Test("a key that does not belong to the certificate is refused, of its kind or another")
    func mismatch() async throws {
        let curveKey = FileManager.default.temporaryDirectory.appending(path: TestBroker.uniqueName("key")).path
        let made = try await Program.run(
            "/usr/bin/openssl",
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", curveKey]
        )
        #expect(made.code == 0)
        defer { try? FileManager.default.removeItem(atPath: curveKey) }
        let otherKey = try TLSConfiguration.ClientCertificate.named("guest", key: "intruder")
        var otherKind = otherKey
        otherKind.keyFile = curveKey

        for certificate in [otherKey, otherKind] {
            let error = await openingError(try configuration(certificate))

            expectMisconfiguration(error, "\(certificate.keyFile) is not the key of \(certificate.certificateFile)")
        }
    }

    @Test("files that are no certificate or no key are refused by their names")
    func unreadable() async throws {
        let key = try TestBroker.tlsFile("guest.key")
        let certificate = try TestBroker.tlsFile("guest.pem")
        let refusals: [(TLSConfiguration.ClientCertificate, String)] = [
            (
                .init(certificateFile: "/no/such", keyFile: key),
                "/no/such can't be read as a certificate in PEM (No such"
            ),
            (.init(certificateFile: key, keyFile: key), "\(key) can't be read as a certificate in PEM ("),
            (
                .init(certificateFile: certificate, keyFile: "/no/such"),
                "/no/such can't be read as a key in PEM (No such"
            ),
            (.init(certificateFile: certificate, keyFile: "/dev/null"), "/dev/null can't be read as a key in PEM"),
        ]

        for (certificate, words) in refusals {
            expectMisconfiguration(await openingError(try configuration(certificate)), words)
        }
    }

    // MARK: - Brokers that do not like it

    @Test("a client certificate the broker does not trust is refused, though TLS 1.3 says so only after the handshake")
    func intruder() async throws {
        let configuration = try configuration(.named("intruder")) { $0.authentication = .external }

        let error = await openingError(configuration)

        expectMisconfiguration(error, "refuses the client certificate; check certfile")
        #expect(error?.message.contains("intruder.pem (alert: unknown CA)") == true, "\(String(describing: error))")
    }

    @Test("the same by TLS 1.2, where it ends the handshake")
    func intruderByOlderVersion() async throws {
        try await TLSFront.with(.init(clientAuthority: "ca", version: "TLSv1_2")) { front in
            let certificate = try TLSConfiguration.ClientCertificate.named("intruder")

            let error = await openingError(try .encrypted(front.port) { $0.tls?.clientCertificate = certificate })

            expectMisconfiguration(error, "refuses the client certificate; check certfile")
        }
    }

    @Test("a broker that wants a client certificate and gets none says so", arguments: ["TLSv1_2", "TLSv1_3"])
    func wanted(version: String) async throws {
        try await TLSFront.with(.init(clientAuthority: "ca", version: version)) { front in
            let error = await openingError(try .encrypted(front.port))

            expectMisconfiguration(error, "may want a client certificate; set certfile and keyfile")
        }
    }

    @Test("only a broker that is trusted is shown the client certificate", arguments: ["localhost", "elsewhere"])
    func shown(by server: String) async throws {
        try await TLSFront.with(.init(certificate: server, clientAuthority: "ca")) { front in
            let certificate = try TLSConfiguration.ClientCertificate.named("guest")
            let configuration = try ConnectionConfiguration.encrypted(front.port) {
                $0.tls?.clientCertificate = certificate
                $0.loginTimeout = .seconds(4)
            }

            _ = await openingError(configuration)

            let outcome = server == "localhost" ? "met guest" : "failed"
            try await eventually("the handshake ended") { front.events.count == 2 }
            #expect(front.events == ["asked for localhost", outcome])
        }
    }
}
