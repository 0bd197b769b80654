import AsyncHTTPClient
import DataFactoryEmulator
import Glibc
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@Suite("https", .timeLimit(.minutes(5)))
struct TLSTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    private static let keys = Result {
        let keys = try TestKeys()
        try keys.makeCertificate("server")
        try keys.makeCertificate("other", key: "rsa:2048")
        return keys
    }

    private static func withSecureEmulator(_ body: @Sendable (EmulatorClient) async throws -> Void) async throws {
        let keys = try keys.get()
        let tls = try EmulatorTLS(certificateFile: keys.path("server.pem"), keyFile: keys.path("server.key"))
        var client = TLSConfiguration.makeClientConfiguration()
        client.trustRoots = .file(keys.path("server.pem"))
        try await withEmulator(tls: tls, clientTLS: client, body)
    }

    @Test("a client that trusts the certificate starts a run, and every URL it is told begins with https")
    func createRun() async throws {
        try await Self.withSecureEmulator { emulator in
            let run = try await emulator.createRun(id: Self.id)
            let refused = try await emulator.send(.GET, EmulatorClient.factory + "/pipelines/p?api-version=2018-06-01")

            #expect(emulator.baseURL.hasPrefix("https://127.0.0.1:"))
            #expect(run["runId"] as? String == Self.id)
            let challenge = try #require(refused.headers.first(name: "www-authenticate"))
            #expect(challenge.contains("authorization_uri=\"\(emulator.baseURL)/common\""))
        }
    }

    @Test("a client that does not trust the certificate is left without an answer")
    func distrust() async throws {
        let keys = try Self.keys.get()
        try await Self.withSecureEmulator { emulator in
            var distrusting = TLSConfiguration.makeClientConfiguration()
            distrusting.trustRoots = .file(keys.path("other.pem"))
            let http = HTTPClient(
                eventLoopGroupProvider: .singleton,
                // The client tries again until it may connect no longer.
                configuration: .init(tlsConfiguration: distrusting, timeout: .init(connect: .seconds(1)))
            )
            let other = EmulatorClient(baseURL: emulator.baseURL, http: http)

            await #expect(throws: (any Error).self) { try await other.send(.GET, "/emulator/ready") }
            try await http.shutdown()
            #expect(try await emulator.send(.GET, "/emulator/ready").status == 200)
        }
    }

    @Test("a reset is a reset and no orderly end", arguments: [("before", 0), ("after", 1)])
    func reset(_ moment: String, _ count: Int) async throws {
        try await Self.withSecureEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"createRun","fault":"reset-\#(moment)-commit","times":1}]"#)
            let error = await #expect(throws: IOError.self) { try await emulator.createRun(id: Self.id) }

            #expect(error?.errnoCode == ECONNRESET)
            #expect(try await emulator.runs().count == count)
        }
    }

    @Test("a hang lasts until the client gives up, and a truncated body breaks off")
    func hangAndTruncation() async throws {
        try await Self.withSecureEmulator { emulator in
            try await emulator.setFaults(
                """
                [{"route":"createRun","fault":"hang","times":1},
                 {"route":"createRun","fault":"truncated-body-after-commit","times":1}]
                """
            )
            try await emulator.giveUp {
                try await emulator.createRun(timeout: .minutes(10))
            } once: {
                try await emulator.tally("createRun") == ["hang": 1]
            }
            await #expect(throws: (any Error).self) { try await emulator.createRun(id: Self.id) }

            #expect(try await emulator.runs().map { $0["runId"] as? String } == [Self.id])
        }
    }

    @Test(
        "a file that will not do is named with its mend",
        arguments: [
            ("missing.pem", "server.key", "missing.pem", "cannot be read"),
            ("server.pem", "missing.key", "missing.key", "cannot be read"),
            ("server.key", "server.key", "server.key", "no certificate"),
            ("server.pem", "server.pem", "server.pem", "no private key"),
            ("server.pem", "locked.key", "locked.key", "without a passphrase"),
            ("server.pem", "other.key", "other.key", "is not the key of"),
            ("server.pem", "curve.key", "curve.key", "is not the key of"),
        ]
    )
    func wrongFiles(_ certificate: String, _ key: String, _ named: String, _ hint: String) throws {
        let keys = try Self.keys.get()
        if key == "locked.key" {
            try keys.openssl([
                "rsa", "-in", keys.path("server.key"), "-aes256", "-passout", "pass:hunter2", "-out",
                keys.path(key),
            ])
        } else if key == "curve.key" {
            try keys.makeCertificate("curve", key: "ec:\(try Self.curve(keys))")
        }
        let error = #expect(throws: EmulatorTLSError.self) {
            try EmulatorTLS(certificateFile: keys.path(certificate), keyFile: keys.path(key))
        }

        #expect(error?.path == keys.path(named))
        #expect(error?.description.contains(hint) == true, "\(error?.description ?? "")")
    }

    /// Makes the parameters of a curve, which `req` wants as a file.
    private static func curve(_ keys: TestKeys) throws -> String {
        let path = keys.path("curve.parameters")
        try keys.openssl(["ecparam", "-name", "prime256v1", "-out", path])
        return path
    }
}
