import Testing

@testable import TriggerWorker

@Suite("Member names, nesting, and where a failure is", .timeLimit(.minutes(5)))
struct JSONScannerLimitTests {
    private static func nested(_ depth: Int, _ open: String, _ close: String, around core: String = "") -> [UInt8] {
        Array((String(repeating: open, count: depth) + core + String(repeating: close, count: depth)).utf8)
    }

    private static func manyKeys(_ count: Int, then last: String = "") -> [UInt8] {
        Array(("{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + last + "}").utf8)
    }

    // MARK: - Names

    @Test(
        "a name twice in one object is refused, however it is spelled",
        arguments: [
            (#"{"a":1,"a":1}"#, 7), (#"{"a":1,"\u0061":1}"#, 7), (#"{"\u0061":1,"a":1}"#, 12),
            (#"{"é":1,"\u00e9":1}"#, 8), (#"{"😀":1,"\ud83d\ude00":1}"#, 10), (#"{"":1,"":1}"#, 6),
            (#"{"\/":1,"/":1}"#, 8),
        ]
    )
    func repeatedName(text: String, offset: Int) throws {
        let failure = try JSONScanner.failure(of: Array(text.utf8))

        #expect(failure.message == "stands twice in one object")
        #expect(failure.byteOffset == offset)
    }

    @Test(
        "names that only look alike are two names",
        arguments: [
            "{\"\u{E9}\":1,\"e\u{301}\":2}", #"{"\u00e9":1,"e\u0301":2}"#, "{\"K\":1,\"\u{212A}\":2}",
            #"{"a":1,"A":2}"#, #"{"a":1,"a ":2}"#, #"{"a":1,"a\u0000":2}"#,
        ]
    )
    func similarNames(text: String) throws {
        try JSONScanner.check(Array(text.utf8))
    }

    @Test("an object of 40 000 members is read, and a repetition among them is found")
    func manyMembers() throws {
        try JSONScanner.check(Self.manyKeys(40_000))

        let failure = try JSONScanner.failure(of: Self.manyKeys(40_000, then: #","\u006b7":0"#))

        #expect(failure.message == "stands twice in one object")
        #expect(failure.path == ["k7"])
    }

    @Test("canonically equivalent names are two names among many, too")
    func similarNamesAmongMany() throws {
        try JSONScanner.check(Self.manyKeys(100, then: ",\"\u{E9}\":1,\"e\u{301}\":2"))
    }

    @Test("a repetition is found at any size of object", arguments: 1...40)
    func repetitionAtAnySize(count: Int) throws {
        let first = try JSONScanner.failure(of: Self.manyKeys(count, then: ",\"k0\":0"))
        let last = try JSONScanner.failure(of: Self.manyKeys(count, then: ",\"k\(count - 1)\":0"))

        #expect(first.path == ["k0"])
        #expect(last.path == ["k\(count - 1)"])
    }

    // MARK: - Nesting

    @Test("64 levels are read")
    func deepEnough() throws {
        try JSONScanner.check(Self.nested(64, "[", "]"))
        try JSONScanner.check(Self.nested(32, "[{\"a\":", "}]", around: "0"))
    }

    @Test("65 levels are refused", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func tooDeep(open: String, close: String) throws {
        let failure = try JSONScanner.failure(of: Self.nested(65, open, close))

        #expect(failure.message == "nests deeper than 64 levels")
        #expect(failure.byteOffset == 64 * open.utf8.count)
        #expect(failure.path.count == 64)
    }

    @Test("10 000 levels are refused without a crash", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func farTooDeep(open: String, close: String) throws {
        #expect(try JSONScanner.failure(of: Self.nested(10_000, open, close)).message.hasPrefix("nests deeper"))
        #expect(try JSONScanner.failure(of: Self.nested(10_000, open, "")).message.hasPrefix("nests deeper"))
    }

    @Test("values beside each other do not add up to depth")
    func wide() throws {
        try JSONScanner.check(
            Array("[\(Array(repeating: "[[]],{},{\"a\":[]}", count: 200).joined(separator: ","))]".utf8)
        )
    }

    // MARK: - Where

    @Test(
        "a failure says what, in which value, and at which byte",
        arguments: [
            ("", "is empty (at byte 0)"), (" \n", "holds nothing but white space (at byte 0)"),
            ("{} x", "goes on after its end (at byte 3)"),
            (#"[1,{"x":tru}]"#, #"[1].x: is not JSON: "true" expected (at byte 8)"#),
            (#"{"a":{"b":[0,[.5]]}}"#, #"a.b[1][0]: is not JSON: no value begins with "." (at byte 14)"#),
            (#"{"a":[1 2]}"#, "a: needs a comma or a closing bracket here (at byte 8)"),
            (#"{"a":{"b":01}}"#, "a: needs a comma or a closing bracket here (at byte 11)"),
            (#"{"a":1,}"#, "needs a member name in double quotes here (at byte 7)"),
            (#"{"a" 1}"#, #"needs a colon after the member name "a" (at byte 5)"#),
            (#"{"a":"x"#, "a: ends inside a string (at byte 7)"),
            (#"{"a":[1"#, "a: ends before its closing bracket (at byte 7)"),
            (#"{"a":"#, "a: ends where a value is expected (at byte 5)"),
            (#"["\q"]"#, "[0]: holds an escape that JSON does not have (at byte 2)"),
            (#"["é\ud800"]"#, "[0]: holds half of a surrogate pair, which is no character (at byte 4)"),
            (#"["\u00g0"]"#, #"[0]: holds a \u escape without four hexadecimal digits (at byte 2)"#),
            ("[\"a\u{1}\"]", "[0]: holds an unescaped control character (at byte 3)"),
            ("[\"\\n\u{1}\"]", "[0]: holds an unescaped control character (at byte 4)"),
            ("[-]", "[0]: is not a JSON number (at byte 2)"),
            ("\u{1}", "is not JSON: no value begins with byte 1 (at byte 0)"),
            ("\u{FEFF}{}", "begins with a byte order mark; send UTF-8 without one (at byte 0)"),
            (#"{"a":{"b":1,"b":2}}"#, "a.b: stands twice in one object (at byte 12)"),
        ]
    )
    func texts(document: String, text: String) throws {
        #expect(try JSONScanner.failure(of: Array(document.utf8)).text == text)
    }

    @Test("a value of another kind is named with the kind that was wanted")
    func otherKind() throws {
        let scanner = try JSONScanner(Array("null".utf8))

        let failure = try #require(throws: JSONScanner.Failure.self) { try scanner.expect(.string) }

        #expect(failure.text == "must be a string, not null (at byte 0)")
    }
}
