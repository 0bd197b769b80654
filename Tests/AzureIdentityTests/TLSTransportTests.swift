import AzureIdentity
import Foundation
import NIOSSL
import NetworkTestSupport
import Testing

@Suite("TLS", .timeLimit(.minutes(5)))
struct TLSTransportTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority.shared.get()
    }

    /// Sends one request to a server with this certificate.
    private func send(
        to server: NIOSSLContext,
        host: String = "127.0.0.1",
        environment: [String: String]
    ) async throws -> (Result<HTTPResponse, HTTPTransportError>, requests: Int) {
        let configuration = try CurlTransport.Configuration(environment: environment)
        return try await LoopbackServer.withServer(tls: server, reacting: { _ in .answer(Self.ok) }) { server in
            let transport = try CurlTransport(configuration: configuration)
            let result: Result<HTTPResponse, HTTPTransportError>
            do throws(HTTPTransportError) {
                let url = "https://\(host):\(server.port)/"
                result = .success(
                    try await transport.send(HTTPRequest(method: .get, url: url, headers: [], timeout: .seconds(20)))
                )
            } catch {
                result = .failure(error)
            }
            await transport.shutdown()
            return (result, server.requests.count)
        }
    }

    @Test("a server is trusted by SSL_CERT_FILE and by SSL_CERT_DIR", arguments: ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    func trusted(variable: String) async throws {
        let folder = authority.path("trusted-by-\(variable)")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: authority.certificateFile, toPath: "\(folder)/any name.crt")
        try "not a certificate".write(toFile: "\(folder)/README", atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: "\(folder)/sub", withIntermediateDirectories: true)
        let environment = [variable: variable == "SSL_CERT_FILE" ? authority.certificateFile : folder]

        let server = try authority.server("IP:127.0.0.1", "DNS:localhost")
        let byAddress = try await send(to: server, environment: environment)
        let byName = try await send(to: server, host: "localhost", environment: environment)

        #expect(try byAddress.0.get().status == 200)
        #expect(try byName.0.get().status == 200)
    }

    @Test("a bundle of several certificates is read whole")
    func bundle() async throws {
        let stranger = try TestAuthority()
        let other = try String(contentsOfFile: stranger.certificateFile, encoding: .utf8)
        let own = try String(contentsOfFile: authority.certificateFile, encoding: .utf8)
        let file = try authority.write("# other\n\(other)\n# ours\n\(own)", to: "bundle.pem")

        let sent = try await send(to: authority.server("IP:127.0.0.1"), environment: ["SSL_CERT_FILE": file])

        #expect(try sent.0.get().status == 200)
    }

    @Test("what SSL_CERT_FILE does not name is not trusted, and the error says where to name it")
    func unknownAuthority() async throws {
        let other = try TestAuthority()
        for environment in [[:], ["SSL_CERT_FILE": other.certificateFile]] {
            let (result, requests) = try await send(to: authority.server("IP:127.0.0.1"), environment: environment)

            let error = try #require(result.failure)
            #expect(error.code == .tlsFailed)
            #expect(error.certainty == .notSent)
            #expect(error.message.contains("no authority trusted here vouches for it"), "\(error)")
            #expect(error.message.contains("SSL_CERT_FILE"))
            #expect(requests == 0)
        }
    }

    @Test("an expired certificate is not accepted, and the error says that it may be that")
    func expired() async throws {
        let server = try authority.server("IP:127.0.0.1", days: -1)

        let (result, requests) = try await send(
            to: server,
            environment: ["SSL_CERT_FILE": authority.certificateFile]
        )

        let error = try #require(result.failure)
        #expect(error.code == .tlsFailed)
        #expect(error.certainty == .notSent)
        #expect(error.message.contains("expired"), "\(error)")
        #expect(requests == 0)
    }

    @Test("a certificate for another host is not accepted", arguments: ["127.0.0.1", "localhost"])
    func wrongHost(host: String) async throws {
        let server = try authority.server("DNS:management.example.test", "IP:10.1.2.3")

        let (result, requests) = try await send(
            to: server,
            host: host,
            environment: ["SSL_CERT_FILE": authority.certificateFile]
        )

        let error = try #require(result.failure)
        #expect(error.code == .tlsFailed)
        #expect(error.certainty == .notSent)
        #expect(error.message.contains("for another host name"), "\(error)")
        #expect(error.message.contains(host))
        #expect(requests == 0)
    }

    @Test("a certificate for the address is none for the name that leads there")
    func addressIsNoName() async throws {
        let (result, requests) = try await send(
            to: authority.server("IP:127.0.0.1"),
            host: "localhost",
            environment: ["SSL_CERT_FILE": authority.certificateFile]
        )

        #expect(result.failure?.code == .tlsFailed)
        #expect(result.failure?.message.contains("for another host name") == true)
        #expect(requests == 0)
    }

    @Test("a port without TLS is named as such, and no path of the building machine is")
    func noTLS() async throws {
        let answer = "HTTP/1.1 400 Bad Request\r\n\r\n"
        try await LoopbackServer.withServer(greeting: answer, reacting: { _ in .hang }) { server in
            let transport = try CurlTransport()
            let request = HTTPRequest(
                method: .get,
                url: "https://127.0.0.1:\(server.port)/",
                headers: [],
                timeout: .seconds(20)
            )
            let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }
            await transport.shutdown()

            #expect(error?.code == .tlsFailed)
            #expect(error?.certainty == .notSent)
            #expect(error?.message == "TLS: the server does not speak TLS on this port (127.0.0.1)")
        }
    }

    @Test(
        "a file or folder that gives no certificate is refused by variable and path",
        arguments: [
            (["SSL_CERT_FILE": "missing.pem"], "missing.pem cannot be read"),
            (["SSL_CERT_FILE": "empty.pem"], "empty.pem holds no PEM certificate"),
            (["SSL_CERT_FILE": "broken.pem"], "broken.pem holds no PEM certificate"),
            (["SSL_CERT_FILE": "."], "cannot be read"),
            (["SSL_CERT_DIR": "missing"], "missing is no folder"),
            (["SSL_CERT_DIR": "empty"], "empty holds no PEM certificate"),
        ]
    )
    func refusedFiles(environment: [String: String], words: String) throws {
        _ = try authority.write("", to: "empty.pem")
        _ = try authority.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: "broken.pem")
        try FileManager.default.createDirectory(atPath: authority.path("empty"), withIntermediateDirectories: true)
        let variable = try #require(environment.keys.first)

        let error = try #require(throws: HTTPSettingsError.self) {
            try HTTPTrustRoots(environment: environment.mapValues(authority.path))
        }

        #expect(error.setting == variable)
        #expect(error.message.contains(words), "\(error)")
    }

    @Test("empty variables leave the system's authorities")
    func empty() throws {
        #expect(throws: Never.self) { try HTTPTrustRoots(environment: ["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""]) }
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
