import AzureIdentity
import Foundation
import Testing

@testable import struct AzureIdentity.ManagedIdentityCredential

@Suite("What credentials print", .timeLimit(.minutes(5)))
struct CredentialSecrecyTests {
    private static let secret = "s~e+c/r=e&t%8"

    /// Every way a program prints a value.
    private func texts(of value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return [String(describing: value), String(reflecting: value), "\(value)", dumped]
    }

    private func configuration(_ environment: [String: String] = [:]) throws -> CredentialConfiguration {
        var configuration = CredentialConfiguration(authorityHost: "127.0.0.1", environment: environment)
        (configuration.tenantID, configuration.clientID) = ("t", "c")
        configuration.clientSecret = Self.secret
        configuration.certificatePath = "/p"
        configuration.certificatePassword = Self.secret
        configuration.federatedTokenFile = "/f"
        return configuration
    }

    @Test("no secret is in a configuration or a credential")
    func credentials() throws {
        let environments = [
            ["IDENTITY_ENDPOINT": "http://x", "IDENTITY_HEADER": Self.secret],
            ["MSI_ENDPOINT": "http://x", "MSI_SECRET": Self.secret], ["SOMETHING": Self.secret],
        ]
        for environment in environments {
            let configuration = try configuration(environment)
            var values: [Any] = [configuration, [configuration], Optional(configuration) as Any]
            for kind in CredentialKind.allCases {
                let credential = try configuration.credential(kind, transport: ScriptedTransport([]))
                values += [credential, TokenCache(credential), [kind.rawValue: credential]]
            }

            for value in values {
                for text in texts(of: value) { #expect(!text.contains(Self.secret)) }
            }
        }
        #expect(texts(of: try configuration()).allSatisfy { $0.contains("tenantID") && $0.contains("[redacted]") })
    }

    enum Path: CaseIterable {
        case certificate, workloadIdentity, appService, legacyAppService
    }

    @Test("no secret is in an error, whatever the other side repeats", arguments: Path.allCases)
    func errors(path: Path) async throws {
        let directory = try TemporaryDirectory()
        var configuration = try configuration(
            path == .legacyAppService
                ? ["MSI_ENDPOINT": "http://localhost/t", "MSI_SECRET": Self.secret]
                : ["IDENTITY_ENDPOINT": "http://localhost/t", "IDENTITY_HEADER": Self.secret]
        )
        configuration.federatedTokenFile = try directory.write(Self.secret, to: "token")
        let certificate = try TestCertificate()
        configuration.certificatePath = try directory.write(certificate.pem + certificate.keyPEM, to: "c.pem")
        let kind: CredentialKind =
            switch path {
            case .certificate: .clientCertificate
            case .workloadIdentity: .workloadIdentity
            case .appService, .legacyAppService: .managedIdentity
            }
        // The other side repeats all it was sent, wherever an error has room for text.
        let echo: ScriptedTransport.Step = { request in
            let form = WireForm(body: request)
            let sent = form["client_assertion"] ?? Self.secret
            let body =
                #"{"error":"\#(sent)","error_description":"\#(sent)","trace_id":"\#(sent)","timestamp":"\#(sent)"}"#
            return .success(.json(400, body))
        }
        let transport = ScriptedTransport([echo])

        let error = try await failure(of: configuration.credential(kind, transport: transport))

        let sent = try #require(transport.requests.first)
        let secrets = [WireForm(body: sent)["client_assertion"], Self.secret].compactMap(\.self)
        for text in texts(of: error) + texts(of: sent) {
            // Not a part of it either: errors are cut, and a secret cut in half is still half a secret.
            for secret in secrets { #expect(!text.contains(secret.prefix(12))) }
        }
        #expect(error.description.contains("[redacted]"))
    }

    @Test("Azure Arc's key is in no error and goes nowhere in the clear")
    func arcKey() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.secret, to: "a.key")
        var surroundings = ManagedIdentityCredential.Surroundings()
        surroundings.arcDirectory = directory.path
        let challenge = HTTPResponse.json(401, "", [HTTPHeader(name: "WWW-Authenticate", value: "Basic realm=\(file)")])
        let transport = ScriptedTransport(
            answering: challenge,
            .json(400, #"{"error":"\#(Self.secret)","error_description":"you sent \#(Self.secret)"}"#)
        )
        let credential = ManagedIdentityCredential(
            identity: .systemAssigned,
            environment: ["IDENTITY_ENDPOINT": "http://10.0.0.1/t", "IMDS_ENDPOINT": "x"],
            transport: transport,
            surroundings: surroundings
        )

        let error = try await failure(of: credential)

        let second = try #require(transport.requests.last)
        for text in texts(of: error) + texts(of: second) { #expect(!text.contains(Self.secret)) }
        #expect(error.message.contains("[redacted]"))
        #expect(throws: HTTPTransportError.self) { try second.requireConfidentialChannel() }
    }
}
