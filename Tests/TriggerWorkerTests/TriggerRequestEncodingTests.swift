import Testing

@testable import TriggerWorker

@Suite("Writing a request")
struct TriggerRequestEncodingTests {
    private static func added(_ object: String?, _ members: (String, String)...) throws(RequestError) -> String? {
        let result = try TriggerRequest.parameters(
            object.map { Array($0.utf8) },
            adding: members.map { (name: $0.0, value: $0.1) }
        )
        return result.map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: - The body

    @Test("a body has the members that were given, and reads back as they are")
    func body() throws {
        let parameters = Array(#"{ "a":1.10 }"#.utf8)

        let bytes = try TriggerRequest.body(target: "nightly", parameters: parameters, deadline: "2026-11-22T06:00:00Z")
        let least = try TriggerRequest.body(target: "nightly", parameters: nil)

        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"target":"nightly","parameters":{ "a":1.10 },"deadline":"2026-11-22T06:00:00Z"}"#
        )
        #expect(String(decoding: least, as: UTF8.self) == #"{"target":"nightly"}"#)
        let read = try TriggerRequest(RequestMessage(body: bytes), identity: RequestIdentity("x"), bodyLimit: .max)
        #expect(read.target == .alias("nightly"))
        #expect(read.parameters == parameters)
        #expect(read.deadline != nil)
    }

    @Test(
        "what a worker would refuse is refused before it is sent",
        arguments: [
            ("", nil, nil), ("/subscriptions/x", nil, nil), ("t", "[]", nil), ("t", "{", nil), ("t", "", nil),
            ("t", #"{"a":1,"a":1}"#, nil), ("t", nil, "tomorrow"), ("t", nil, "2026-02-30T00:00:00Z"),
        ] as [(String, String?, String?)]
    )
    func brokenBody(target: String, parameters: String?, deadline: String?) throws {
        let error = try #require(throws: RequestError.self) {
            _ = try TriggerRequest.body(
                target: target,
                parameters: parameters.map { Array($0.utf8) },
                deadline: deadline
            )
        }

        #expect(error.errorClass == .malformed)
    }

    // MARK: - Parameters

    @Test("without anything there are no parameters")
    func nothing() throws {
        #expect(try Self.added(nil) == nil)
    }

    @Test(
        "a value that is JSON is taken as JSON, anything else as a text",
        arguments: [
            ("42", "42"), ("1.10", "1.10"), ("true", "true"), ("null", "null"), (#""42""#, #""42""#),
            (#"{"a":[1]}"#, #"{"a":[1]}"#), ("[]", "[]"), ("a-b", #""a-b""#), ("", #""""#), ("01", #""01""#),
            ("2026-11-22", #""2026-11-22""#), ("True", #""True""#), ("1 2", #""1 2""#), ("{", #""{""#),
            (#"say "hi""#, #""say \"hi\"""#), (#"C:\new"#, #""C:\\new""#), ("+1", #""+1""#), ("NaN", #""NaN""#),
        ]
    )
    func values(value: String, json: String) throws {
        #expect(try Self.added(nil, ("k", value)) == #"{"k":\#(json)}"#)
    }

    @Test("members are added behind what stands there, which stays byte for byte")
    func appends() throws {
        #expect(try Self.added(#"{ "a" : 1.10 }"#, ("b", "x"), ("c", "3")) == #"{ "a" : 1.10 ,"b":"x","c":3}"#)
        #expect(try Self.added("{}", ("b", "1")) == #"{"b":1}"#)
        #expect(try Self.added("{ \n}", ("b", "1")) == "{ \n\"b\":1}")
        #expect(try Self.added(" {\"a\":{}}\n", ("b", "1")) == " {\"a\":{},\"b\":1}")
        #expect(try Self.added(#"{"a":"}"}"#, ("b", "1")) == #"{"a":"}","b":1}"#)
    }

    @Test("an object nothing is added to stays as it is", arguments: ["{}", " { \"a\" : 1e400 }\n", "{\n}"])
    func untouched(object: String) throws {
        #expect(try Self.added(object) == object)
    }

    @Test("names from outside are escaped")
    func hostileName() throws {
        let bytes = try #require(try TriggerRequest.parameters(nil, adding: [(name: "a\":1,\"b", value: "x")]))

        #expect(try members(of: bytes) as? [String: String] == ["a\":1,\"b": "x"])
    }

    @Test("a name twice is refused, wherever the first one stands")
    func repeatedName() throws {
        let added = try #require(throws: RequestError.self) { _ = try Self.added(nil, ("a", "1"), ("a", "2")) }
        let inFile = try #require(throws: RequestError.self) { _ = try Self.added(#"{"\u0061":1}"#, ("a", "2")) }

        #expect(added.message == "the parameters: a: stands twice in one object (at byte 7)")
        #expect(inFile.message == "the parameters: a: stands twice in one object (at byte 12)")
        #expect(added.errorClass == .malformed)
        #expect(added.code == "InvalidParameters")
    }

    @Test("what is no object is refused", arguments: ["", "[]", "null", "{", "{} {}", #"{"a":1},"b":{}"#, "{}x"])
    func noObject(text: String) {
        #expect(throws: RequestError.self) { _ = try Self.added(text) }
        #expect(throws: RequestError.self) { _ = try Self.added(text, ("k", "v")) }
    }
}
