import Testing

@testable import TriggerWorker

@Suite("What surrounds a request's body", .timeLimit(.minutes(5)))
struct TriggerRequestEnvelopeTests {
    private static func read(_ message: RequestMessage, bodyLimit: Int = 256 << 10) throws(RequestError) {
        _ = try TriggerRequest(message, identity: RequestIdentity("order-1"), bodyLimit: bodyLimit)
    }

    private static func refusal(of message: RequestMessage, bodyLimit: Int = 256 << 10) throws -> RequestError {
        let error = try #require(throws: RequestError.self) { try read(message, bodyLimit: bodyLimit) }
        #expect(error.errorClass == .malformed)
        return error
    }

    private static func body(ofSize size: Int) -> [UInt8] {
        let frame = Array(#"{"target":"t","parameters":{"a":""}}"#.utf8)
        var body = frame
        body.insert(contentsOf: repeatElement(UInt8(ascii: "x"), count: size - frame.count), at: frame.count - 3)
        return body
    }

    // MARK: - Content type and encoding

    @Test(
        "JSON's content type is taken in any case and with any parameters, and may be absent",
        arguments: [
            nil, "application/json", "Application/JSON", "application/json; charset=utf-8",
            "application/json;charset=UTF-8", "application/json ; profile=\"x\"", " application/json ",
        ]
    )
    func contentType(type: String?) throws {
        try Self.read(.sample(contentType: type))
    }

    @Test(
        "another content type is refused by its name",
        arguments: ["text/plain", "application/xml", "application/jsonx", "application/json,text/plain", "json", ""]
    )
    func otherContentType(type: String) throws {
        let error = try Self.refusal(of: .sample(contentType: type))

        #expect(error.code == "UnsupportedContentType")
        #expect(error.message == "the content-type is \"\(type)\", and must be application/json or absent")
    }

    @Test("a plain body may say so", arguments: [nil, "", "identity", "utf-8", "UTF-8", "Identity"])
    func contentEncoding(encoding: String?) throws {
        try Self.read(.sample(contentEncoding: encoding))
    }

    @Test("a packed body is refused", arguments: ["gzip", "GZIP", "deflate", "br", "utf-16"])
    func otherContentEncoding(encoding: String) throws {
        let error = try Self.refusal(of: .sample(contentEncoding: encoding))

        #expect(error.code == "UnsupportedContentEncoding")
        #expect(error.message.contains("\"\(encoding.lowercased())\""))
    }

    // MARK: - Size

    @Test("the default limit is 256 KiB")
    func defaultLimit() {
        #expect(WorkerSettings().bodyLimit == 262_144)
    }

    @Test("a body of just the limit is read, one of a byte more is not")
    func bodyLimit() throws {
        let limit = 256 << 10

        try Self.read(RequestMessage(body: Self.body(ofSize: limit)), bodyLimit: limit)
        let error = try Self.refusal(of: RequestMessage(body: Self.body(ofSize: limit + 1)), bodyLimit: limit)

        #expect(error.code == "BodyTooLarge")
        #expect(error.message.contains("262145 bytes, and at most 262144"))
    }

    @Test("a body of 10 MB is refused by its size, before it is read")
    func hugeBody() throws {
        let error = try Self.refusal(of: RequestMessage(body: Array(repeating: 0xFF, count: 10_000_000)))

        #expect(error.code == "BodyTooLarge")
    }

    @Test("where the limit allows it, a body of 10 MB is read")
    func hugeBodyAllowed() throws {
        let body = Self.body(ofSize: 10_000_000)

        let request = try TriggerRequest(
            RequestMessage(body: body),
            identity: RequestIdentity("order-1"),
            bodyLimit: 10_000_000
        )

        #expect(request.parameters == Array(body[27..<(body.count - 1)]))
    }

    @Test("an empty body is refused as such")
    func emptyBody() throws {
        #expect(try Self.refusal(of: RequestMessage(body: [])).message == "the body is empty (at byte 0)")
    }

    // MARK: - Message id

    @Test(
        "a message id that was repaired is refused: two broken ids would look like one",
        arguments: ["\u{FFFD}", "order-\u{FFFD}", "\u{FFFD}\u{301}", "a\u{FFFD}\u{200D}b", "\r\u{FFFD}\n"]
    )
    func repairedMessageID(id: String) throws {
        let error = try Self.refusal(of: .sample(messageID: id))

        #expect(error.code == "InvalidMessageID")
    }

    @Test("any other message id will do", arguments: [nil, "", "order-1", " ", "é😀", "a\nb", "\u{FFFC}\u{FFFE}"])
    func messageID(id: String?) throws {
        try Self.read(.sample(messageID: id))
    }

    // MARK: - Identity

    @Test(
        "another name that was repaired, or is too long, is refused by its property",
        arguments: ["\u{FFFD}", "7\u{FFFD}\u{301}", String(repeating: "x", count: 256)]
    )
    func badName(name: String) throws {
        let message = RequestMessage.sample(name: name, identitySource: IdentitySource(.header("job")))

        let error = try Self.refusal(of: message)

        #expect(error.code == "InvalidIdentity")
        #expect(error.message.contains("header job"))
    }

    @Test("where each publisher has names of his own, a name without publisher is refused; no name needs none")
    func noPublisher() throws {
        let source = IdentitySource(isPerPublisher: true)

        let error = try Self.refusal(of: .sample(identitySource: source))
        try Self.read(.sample(publisher: "alice", identitySource: source))
        try Self.read(.sample(messageID: nil, identitySource: source))

        #expect(error.code == "NoPublisher")
        #expect(error.message.contains("set the property user-id"))
    }

    @Test("a user name that was repaired is refused")
    func repairedPublisher() throws {
        #expect(try Self.refusal(of: .sample(publisher: "a\u{FFFD}")).code == "InvalidProperty")
    }
}
