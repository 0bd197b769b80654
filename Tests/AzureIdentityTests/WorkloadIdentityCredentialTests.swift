import AzureIdentity
import Foundation
import Testing

@testable import struct AzureIdentity.WorkloadIdentityCredential

@Suite("Workload identity credential", .timeLimit(.minutes(5)))
struct WorkloadIdentityCredentialTests {
    private static let scope = "https://management.azure.com/.default"

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func credential(_ transport: any HTTPTransport, file: String) -> WorkloadIdentityCredential {
        WorkloadIdentityCredential(
            tenantID: "tenant-1",
            clientID: "client-1",
            tokenFile: file,
            authorityHost: "https://login.microsoftonline.com/",
            transport: transport
        )
    }

    @Test("the request is Entra ID's v2 form with the file's token, trimmed, as the assertion")
    func request() async throws {
        let file = try directory.write("\n head.claims+/=.signature \r\n", to: "token")
        let transport = ScriptedTransport(answering: .token)

        let token = try await credential(transport, file: file).token(for: Self.scope)

        let request = try #require(transport.requests.first)
        let form = WireForm(body: request)
        #expect(token.token == "t")
        #expect(request.url == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token")
        #expect(request.carriesSecret)
        #expect(form["client_id"] == "client-1")
        #expect(form["scope"] == Self.scope)
        #expect(form["grant_type"] == "client_credentials")
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(form["client_assertion"] == "head.claims+/=.signature")
        #expect(form.names.count == 5)
    }

    @Test("the file is read anew for each request, also through the links Kubernetes makes")
    func rotation() async throws {
        try directory.write("one", to: "data-1")
        try directory.write("two", to: "data-2")
        let link = "\(directory.path)/token"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "data-1")
        let transport = ScriptedTransport(answering: .token, .token)
        let credential = credential(transport, file: link)

        _ = try await credential.token(for: Self.scope)
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "data-2")
        _ = try await credential.token(for: Self.scope)

        #expect(transport.requests.map { WireForm(body: $0)["client_assertion"] } == ["one", "two"])
    }

    @Test(
        "a file that cannot work is a configuration error that names it",
        arguments: [
            (nil, "does not exist"), ("", "is empty"), (" \n", "is empty"), ("two tokens", "something else"),
            ("tokän", "something else"), (String(repeating: "a", count: 70_000), "larger than"),
        ] as [(String?, String)]
    )
    func faults(contents: String?, words: String) async throws {
        let file = try contents.map { try directory.write($0, to: "token") } ?? "\(directory.path)/nothing"

        let error = try await failure(of: credential(ScriptedTransport([]), file: file))

        #expect(error.isConfiguration)
        #expect(error.message.contains(file))
        #expect(error.message.contains(words))
    }

    @Test(
        "a token that Entra ID matches with no federated credential is a configuration error",
        arguments: [
            70_021, 700_211, 700_213, 700_024,
        ]
    )
    func noMatch(number: Int) async throws {
        let file = try directory.write("token", to: "token")
        let body = #"{"error":"invalid_client","error_codes":[\#(number)],"error_description":"AADSTS\#(number): no."}"#

        let error = try await failure(of: credential(ScriptedTransport(answering: .json(401, body)), file: file))

        #expect(error.isConfiguration)
        #expect(error.entraCodes == [number])
        #expect(error.description.hasPrefix("workload-identity(tenant: tenant-1, client: client-1): "))
    }
}
