import AzureIdentity
import DataFactory
import Testing

@Suite("Error bodies", .timeLimit(.minutes(1)))
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
