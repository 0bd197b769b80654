import AzureIdentity
import DataFactory
import Testing

@Suite("Error bodies", .timeLimit(.minutes(5)))
struct ErrorDecodingTests {
    private func error(_ body: [UInt8], status: Int = 400) async throws -> DataFactoryError {
        try await Sample.createRunFailure(ScriptedTransport(answering: HTTPResponse(status: status, body: body)))
    }

    private func error(_ body: String) async throws -> DataFactoryError {
        try await error(Array(body.utf8))
    }

    @Test("the enveloped shape, with details")
    func enveloped() async throws {
        let error = try await error(
            #"{"error":{"code":"C","message":"M","target":"T","details":[{"code":"c","message":null},{"target":"t"}]}}"#
        )

        #expect(error.code == "C")
        #expect(error.message == "M")
        #expect(error.target == "T")
        #expect(
            error.details == [
                DataFactoryError.Detail(code: "c", message: nil, target: nil),
                DataFactoryError.Detail(code: nil, message: nil, target: "t"),
            ]
        )
    }

    @Test("the flat shape, with null members")
    func flat() async throws {
        let error = try await error(
            #"{"code":"BadRequest","message":null,"target":"pipeline//runid/XXXX","details":null,"error":null}"#
        )

        #expect(error.code == "BadRequest")
        #expect(error.message == "the service answered 400 without an error that could be read")
        #expect(error.target == "pipeline//runid/XXXX")
        #expect(error.details.isEmpty)
    }

    @Test(
        "members of other types are taken for missing",
        arguments: [
            #"{"error":{"code":17,"message":["x"],"details":{"a":1}}}"#, #"{"error":"text"}"#, #"{"error":[]}"#, "[]",
            "null", "17", "\"text\"", #"{"error":{}}"#, #"{"error":{"code":""}}"#,
        ]
    )
    func otherTypes(body: String) async throws {
        #expect(try await error(body).code == "HTTP400")
    }

    @Test(
        "what is not JSON is no trouble",
        arguments: [[], Array("<html><body>502</body></html>".utf8), [0xFF, 0xFE, 0x00, 0x80], [0x7B, 0x22, 0xC3]]
            as [[UInt8]]
    )
    func notJSON(body: [UInt8]) async throws {
        let error = try await error(body, status: 502)

        #expect(error.code == "HTTP502")
        #expect(error.disposition == .ambiguous)
        #expect(!error.description.contains("<html>"))
    }

    @Test("an error prints on one line and without control characters, whatever the service sends")
    func oneLine() async throws {
        let error = try await error(#"{"error":{"code":"A\nB","message":"one\r\ntwo\u001b[31m\u2028three"}}"#)

        #expect(error.message.contains { $0.isNewline })
        #expect(error.description == "HTTP 400 A B: one  two [31m three [permanent]")
    }

    @Test(
        "the token is in no text of an error, however the answer writes it",
        arguments: [
            "token-1", #"\u0074oken-1"#, #"\u0074\u006f\u006B\u0065\u006e\u002d\u0031"#, "dG9rZW4tMQ==",
            #"dG9rZW4tMQ\u003D\u003d"#,
        ]
    )
    func echo(token: String) async throws {
        let part = #""code":"c \#(token)","message":"m \#(token)","target":"t \#(token)""#
        for body in [#"{"error":{\#(part),"details":[{\#(part)}]}}"#, #"{\#(part),"details":[{\#(part)}]}"#] {
            let error = try await error(body)

            #expect(error.code == "c [redacted]")
            #expect(error.message == "m [redacted]")
            #expect(error.target == "t [redacted]")
            let detail = DataFactoryError.Detail(code: "c [redacted]", message: "m [redacted]", target: "t [redacted]")
            #expect(error.details == [detail])
        }
    }

    @Test("a token is not cut in two and left")
    func echoAtTheEnd() async throws {
        let text = String(repeating: "x", count: 2044) + #"\u0074oken-1"#

        #expect(try await !error(#"{"error":{"message":"\#(text)"}}"#).message.contains("toke"))
    }

    @Test("the token is in no id of an error")
    func echoInHeaders() async throws {
        let headers = ["x-ms-request-id", "x-ms-correlation-request-id"].map { HTTPHeader(name: $0, value: "token-1") }

        let error = try await Sample.createRunFailure(ScriptedTransport(answering: .json(400, "", headers)))

        #expect(error.azureRequestID == "[redacted]")
        #expect(error.correlationID == "[redacted]")
    }

    @Test("long texts and many details are cut")
    func bounded() async throws {
        let long = String(repeating: "é", count: 5000)
        let details = Array(repeating: #"{"code":"c"}"#, count: 50).joined(separator: ",")

        let error = try await error(#"{"error":{"code":"C","message":"\#(long)","details":[\#(details)]}}"#)

        #expect(error.message.utf8.count <= 2048 + 3)
        #expect(error.message.hasSuffix("é…"))
        #expect(error.details.count == 10)
    }

    @Test(
        "deeply nested bodies are no trouble",
        arguments: [
            ("[", ""), ("[", "]"), (#"{"error":"#, ""), (#"{"error":{"details":["#, "]}}"), (#"{"details":["#, "]}"),
        ],
        [100, 500, 512, 10_000, 100_000]
    )
    func deep(brackets: (open: String, close: String), depth: Int) async throws {
        let body = String(repeating: brackets.open, count: depth) + String(repeating: brackets.close, count: depth)

        #expect(try await error(body).code == "HTTP400")
    }
}
