import AzureIdentity
import Foundation
import NetworkTestSupport
import Testing

@Suite("Managed identity over a real connection", .timeLimit(.minutes(5)))
struct ManagedIdentityWireTests {
    private func answer(_ status: String, _ body: String) -> LoopbackServer.Reaction {
        .answer("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func token(_ environment: [String: String]) async throws -> AccessToken {
        let transport = try CurlTransport()
        let credential = ManagedIdentityCredential(
            identity: .clientID("client 1"),
            environment: environment,
            transport: transport
        )
        do {
            let token = try await credential.token(for: "https://management.azure.com/.default")
            await transport.shutdown()
            return token
        } catch {
            await transport.shutdown()
            throw error
        }
    }

    @Test("the metadata service's exchange")
    func metadataService() async throws {
        try await LoopbackServer.withServer { request in
            request.text.lowercased().contains("\r\nmetadata: true\r\n")
                ? answer("200 OK", #"{"access_token":"t","expires_in":"3599","token_type":"Bearer"}"#)
                : answer("400 Bad Request", #"{"error":"invalid_request"}"#)
        } _: { server in
            let token = try await token(["AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url])

            #expect(token.token == "t")
            #expect(server.requests.count == 2)
            let path = "/metadata/identity/oauth2/token?api-version=2018-02-01"
            let query = "&resource=https%3A%2F%2Fmanagement.azure.com%2F&client_id=client%201"
            #expect(server.requests.allSatisfy { $0.text.hasPrefix("GET \(path)\(query) HTTP/1.1\r\n") })
        }
    }

    @Test("App Service's exchange")
    func appService() async throws {
        try await LoopbackServer.withServer { request in
            request.text.lowercased().contains("\r\nx-identity-header: header-1\r\n")
                ? answer("200 OK", #"{"access_token":"t","expires_on":"4102444800"}"#)
                : answer("401 Unauthorized", "")
        } _: { server in
            let endpoint = "\(server.url)/msi/token"
            let token = try await token(["IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": "header-1"])

            #expect(token.expiresOn.timeIntervalSince1970 == 4_102_444_800)
            let path = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com%2F"
            #expect(server.requests.first?.text.hasPrefix("GET \(path)&client_id=client%201 HTTP/1.1\r\n") == true)
        }
    }

    @Test("a closed port is no metadata service, and known at once")
    func nothingThere() async throws {
        let error = await #expect(throws: AzureIdentityError.self) {
            try await token(["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"])
        }

        #expect(error?.code == .network)
        #expect(error?.underlying?.certainty == .notSent)
    }
}
