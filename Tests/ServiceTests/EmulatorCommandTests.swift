import Foundation
import TestSupport
import Testing

@Suite("The emulator's command", .timeLimit(.minutes(5)))
struct EmulatorCommandTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "emulator-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(#"{"factories":[]}"#.utf8).write(to: folder.appending(path: "scenario.json"))
    }

    private func path(_ name: String) -> String {
        folder.appending(path: name).path
    }

    private func makeCertificate() async throws {
        let made = try await Program.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=emulator", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", path("server.key"), "-out", path("server.pem"),
            ]
        )
        try #require(made.code == 0, "\(made.errors)")
    }

    @Test("it serves https that openssl can verify, and says so in its URL")
    func secure() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try await makeCertificate()
        let emulator = try Program(
            "adf-emulator",
            [
                "--port", "0", "--scenario", path("scenario.json"), "--tls-cert", path("server.pem"), "--tls-key",
                path("server.key"),
            ]
        )
        try await eventually("the emulator listens") { emulator.outputSoFar.hasSuffix("\n") }
        let said = emulator.outputSoFar
        let match = try #require(said.wholeMatch(of: /adf-emulator listening on https:\/\/(127\.0\.0\.1:\d+)\n/))
        let client = try await Program.run(
            "/usr/bin/openssl",
            [
                "s_client", "-connect", String(match.output.1), "-CAfile", path("server.pem"), "-verify_ip",
                "127.0.0.1",
                "-verify_return_error", "-alpn", "h2,http/1.1",
            ]
        )
        let exit = try await emulator.stop()

        #expect(client.code == 0, "\(client.errors)")
        #expect(client.output.contains("Verify return code: 0 (ok)"))
        #expect(client.output.contains("ALPN protocol: http/1.1"))
        #expect(exit.code == 0)
        #expect(exit.errors.isEmpty)
    }

    @Test(
        "TLS files that will not do end it with what is wrong",
        arguments: [
            (["--tls-cert", "server.pem", "--tls-key", "none.key"], 78, "none.key cannot be read"),
            (["--tls-cert", "scenario.json", "--tls-key", "server.key"], 78, "scenario.json holds no certificate"),
            (["--tls-cert", "server.pem"], 64, "--tls-cert and --tls-key together"),
            (["--tls-key", "server.key"], 64, "--tls-cert and --tls-key together"),
        ] as [([String], Int32, String)]
    )
    func refusals(_ options: [String], _ code: Int32, _ hint: String) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try await makeCertificate()
        let exit = try await Program.run(
            "adf-emulator",
            ["--port", "0", "--scenario", path("scenario.json")]
                + options.map { $0.hasPrefix("--") ? $0 : path($0) }
        )

        #expect(exit.code == code)
        #expect(exit.errors.contains(hint), "\(exit.errors)")
        #expect(exit.output.isEmpty)
    }
}
