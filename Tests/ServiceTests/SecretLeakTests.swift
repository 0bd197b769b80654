import AzureIdentity
import CryptoExtras
import DataFactory
import Foundation
import NetworkTestSupport
import TestSupport
import Testing

/// Every secret through every failure, over real connections, to whatever may stand at the other end.
@Suite("Secrets", .timeLimit(.minutes(5)))
struct SecretLeakTests {
    private static let secret = "s3cr+t/&=%~ VALUE-one"
    private static let environmentSecret = "h3ad+r/&=%~-VALUE-two"
    private static let proxyPassword = "pr0xy+p/ss=%~WORD-three"
    private static let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"

    enum Holder: String, CaseIterable, Sendable {
        case clientSecret, certificate, workloadIdentity, appService, legacyAppService, bearerToken
    }

    @Test(
        "no secret is in an error, whatever the other end does with it",
        arguments: Holder.allCases,
        MaliciousEndpoint.allCases
    )
    func failures(holder: Holder, endpoint: MaliciousEndpoint) async throws {
        let folder = try Folder()
        try await LoopbackServer.withServer(reacting: endpoint.reaction(to:)) { server in
            try await withTransport { transport in
                let sent = SentRequests(transport, timeout: endpoint.isSilent ? .milliseconds(300) : .seconds(20))
                let error = try await failure(of: holder, at: server.url, over: sent, folder)

                let (hunt, used) = try hunt(for: sent)
                #expect(used, "no secret was sent: \(sent.all)")
                hunt.search(error, "the error")
                for request in sent.all { hunt.search(request, "a request") }
                #expect("\(error)".utf8.count <= 4096)
            }
        }
    }

    @Test(
        "no secret is in an error of TLS or of a proxy",
        arguments: Holder.allCases,
        ["tls", "407", "403", "garbage"]
    )
    func beforeSending(holder: Holder, fault: String) async throws {
        let folder = try Folder()
        let answer: LoopbackProxy.Reaction =
            switch fault {
            case "407": .answer("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
            case "403": .answer("HTTP/1.1 403 \(Self.proxyPassword)\r\nContent-Length: 0\r\n\r\n")
            default: .answer("\(Self.proxyPassword)\r\n\r\n")
            }
        try await LoopbackServer.withServer(greeting: "not TLS\r\n", reacting: { _ in .close }) { server in
            try await LoopbackProxy.withProxy(reacting: answer) { proxy in
                let password = PercentEncoding.encode(Self.proxyPassword)
                let configuration = try CurlTransport.Configuration(
                    environment: ["ALL_PROXY": "http://user:\(password)@127.0.0.1:\(proxy.port)"]
                )
                try await withTransport(configuration) { transport in
                    let url = fault == "tls" ? "https://127.0.0.1:\(server.port)" : "https://service.example"
                    let sent = SentRequests(transport, timeout: .seconds(20))
                    let error = try await failure(of: holder, at: url, over: sent, folder)

                    let (hunt, used) = try hunt(for: sent)
                    #expect(used)
                    hunt.search(error, "the error")
                    hunt.search(configuration, "the configuration")
                    hunt.search(transport, "the transport")
                }
            }
        }
    }

    @Test("no secret is in what the Azure CLI's failures become")
    func azureCLI() async throws {
        let folder = try Folder()
        let hunt = SecretHunt(Self.secret, Self.token)
        let scripts = [
            "echo '\(Self.secret)' >&2; exit 1",
            "echo '{\"accessToken\":\"\(Self.token)\"}'",
            "echo '{\"accessToken\":\"\(Self.token)\",\"expires_on\":\"\(Self.token)\"'",
            "echo '\(Self.token)'; exit 3",
        ]
        for script in scripts {
            let path = try folder.write("#!/bin/sh\n\(script)\n", to: "az")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let credential = AzureCLICredential(environment: ["PATH": "\(folder.path):/usr/bin:/bin"])
            let error = try #require(
                await #expect(throws: AzureIdentityError.self) {
                    try await credential.token(for: "https://management.azure.com/.default")
                }
            )

            if script.contains("accessToken") || script.contains("exit 3") { hunt.search(error, "the error") }
            SecretHunt(Self.token).search(error, "the error")
        }
    }

    // MARK: - The parts

    /// The error of the first call that the holder's secret is needed for.
    private func failure(
        of holder: Holder,
        at url: String,
        over transport: SentRequests,
        _ folder: Folder
    ) async throws -> any Error {
        do {
            if holder == .bearerToken {
                let client = DataFactoryClient(
                    endpoint: url,
                    credential: HeldToken(token: Self.token),
                    transport: transport,
                    scope: "scope"
                )
                let factory = try FactoryReference(
                    subscriptionID: Service.subscription,
                    resourceGroup: "rg",
                    factory: "adf"
                )
                let pipeline = try PipelineReference(factory: factory, pipeline: "p")
                let id = UUID().uuidString
                _ = try await client.createRun(pipeline, parameters: [], clientRequestID: id)
            } else {
                _ = try await credential(holder, at: url, transport, folder).token(
                    for: "https://management.azure.com/.default"
                )
            }
            throw NeverHappened(description: "\(holder) failed")
        } catch let error as DataFactoryError {
            return error
        } catch let error as AzureIdentityError {
            return error
        }
    }

    private func credential(
        _ holder: Holder,
        at url: String,
        _ transport: SentRequests,
        _ folder: Folder
    ) throws -> any TokenCredential {
        let environment =
            holder == .legacyAppService
            ? ["MSI_ENDPOINT": "\(url)/msi", "MSI_SECRET": Self.environmentSecret]
            : ["IDENTITY_ENDPOINT": "\(url)/msi", "IDENTITY_HEADER": Self.environmentSecret]
        var configuration = CredentialConfiguration(authorityHost: url, environment: environment)
        (configuration.tenantID, configuration.clientID) = ("tenant", "client")
        switch holder {
        case .clientSecret:
            configuration.clientSecret = Self.secret
            return try configuration.credential(.clientSecret, transport: transport)
        case .certificate:
            configuration.certificatePath = try Self.certificateFile.get().path
            return try configuration.credential(.clientCertificate, transport: transport)
        case .workloadIdentity:
            configuration.federatedTokenFile = try folder.write(Self.token, to: "token")
            return try configuration.credential(.workloadIdentity, transport: transport)
        case .appService, .legacyAppService, .bearerToken:
            configuration.clientID = nil
            return try configuration.credential(.managedIdentity, transport: transport)
        }
    }

    /// A certificate with its key in one file; made once, as a key takes its time.
    private static let certificateFile = Result { () throws -> (folder: Folder, path: String) in
        let folder = try Folder()
        let path = folder.path(of: "certificate.pem")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=client", "-keyout", path,
            "-out", folder.path(of: "public.pem"),
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let both = try [path, folder.path(of: "public.pem")].map { try String(contentsOfFile: $0, encoding: .utf8) }
        _ = try folder.write(both.joined(), to: "certificate.pem")
        return (folder, path)
    }

    /// All secrets, with the assertion among them that was sent if one was; and whether any of them was sent.
    private func hunt(for sent: SentRequests) throws -> (SecretHunt, used: Bool) {
        var secrets = [Self.secret, Self.environmentSecret, Self.proxyPassword, Self.token]
        let texts = sent.all.map { request in
            String(decoding: request.body, as: UTF8.self) + request.headers.map(\.value).joined(separator: " ")
        }
        let used = texts.contains { text in
            text.contains("client_assertion=")
                || secrets.contains { text.contains($0) || text.contains(PercentEncoding.encode($0)) }
        }
        for text in texts {
            guard let start = text.firstRange(of: "client_assertion=") else { continue }
            // Only its signature: the rest begins like every other token of this kind.
            let assertion = text[start.upperBound...].prefix { $0 != "&" && $0 != " " }
            secrets.append(String(assertion.split(separator: ".").last ?? ""))
        }
        let key = try String(contentsOfFile: Self.certificateFile.get().path, encoding: .utf8)
        secrets.append(String(key.split(separator: "\n")[3]))
        return (SecretHunt(all: secrets), used)
    }
}

/// A folder that goes when its test does.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path(of: name)))
        return path(of: name)
    }
}

private struct HeldToken: TokenCredential {
    let token: String

    var description: String { "held" }

    func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        AccessToken(token: token, expiresOn: Date().addingTimeInterval(3600))
    }
}
