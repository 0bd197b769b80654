import AzureIdentity
import Testing

@Suite("Where secrets may travel")
struct ConfidentialityTests {
    private func check(_ url: String, headers: [HTTPHeader] = [], carriesSecret: Bool = true) -> HTTPTransportError? {
        let request = HTTPRequest(
            method: .get,
            url: url,
            headers: headers,
            timeout: .seconds(1),
            carriesSecret: carriesSecret
        )
        do {
            try request.requireConfidentialChannel()
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "https goes anywhere and http to this machine",
        arguments: [
            "https://management.azure.com/x?y", "HTTPS://management.azure.com", "https://10.0.0.1:8443/",
            "http://localhost:8080/", "http://LOCALHOST/", "http://127.0.0.1", "http://127.255.0.9:1/x",
            "http://[::1]:8080/", "http://[::1]",
        ]
    )
    func accepted(url: String) {
        #expect(check(url) == nil)
    }

    @Test(
        "http to another host is refused before anything is sent, and the error names the mend",
        arguments: [
            "http://management.azure.com/x", "http://10.0.0.1/", "http://localhost.example.com/",
            "http://127.0.0.1.example.com/", "http://127.1/", "http://0177.0.0.1/", "http://127.0.0.01/",
            "http://127.0.0.256/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1]/", "http://0.0.0.0/",
        ]
    )
    func refused(url: String) throws {
        let error = try #require(check(url))

        #expect(error.code == .insecureURL)
        #expect(error.certainty == .notSent)
        #expect(error.message.contains("use https"))
    }

    @Test(
        "a URL that parsers read differently is refused",
        arguments: [
            "http://127.0.0.1@example.com/", "https://user:pass@example.com/", "http://127.0.0.1\\@example.com/",
            "http://%31%32%37.0.0.1/", "http:///x", "http://", "ftp://127.0.0.1/", "http+unix://socket/", "127.0.0.1/",
            "", "http://[::1/", "http://[::1]x/", "http://localhost:80x/", "http://localhost :80/", "https://ex ample/",
        ]
    )
    func ambiguous(url: String) throws {
        let error = try #require(check(url))

        #expect(error.code == .invalidRequest)
        #expect(error.certainty == .notSent)
    }

    @Test("an authorization header is a secret whatever the request says")
    func authorizationHeader() {
        let header = HTTPHeader(name: "AUTHORIZATION", value: "Bearer x")

        #expect(check("http://example.com/", headers: [header], carriesSecret: false)?.code == .insecureURL)
        #expect(check("http://example.com/", carriesSecret: false) == nil)
    }
}
