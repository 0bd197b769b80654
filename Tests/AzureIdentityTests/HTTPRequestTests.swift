import AzureIdentity
import Testing

@Suite("Requests and answers")
struct HTTPRequestTests {
    @Test("a request prints without its query")
    func description() {
        let request = HTTPRequest(method: .get, url: "https://a/b?token=x#y", headers: [], timeout: .seconds(1))

        #expect("\(request)" == "GET https://a/b")
    }

    @Test("headers are found whatever their case")
    func headers() {
        let response = HTTPResponse(
            status: 200,
            headers: [HTTPHeader(name: "X-Ms-Request-Id", value: "1"), HTTPHeader(name: "x-ms-request-id", value: "2")]
        )

        #expect(response.header("x-ms-REQUEST-id") == "1")
        #expect(response.header("x-ms-request") == nil)
    }

    @Test("text is cut between characters")
    func cut() {
        #expect(BoundedText.cut("abc", toBytes: 3) == "abc")
        #expect(BoundedText.cut("abcd", toBytes: 3) == "abc…")
        #expect(BoundedText.cut("aéé", toBytes: 4) == "aé…")
        #expect(BoundedText.cut("🦆", toBytes: 2) == "…")
    }
}
