import DataFactoryEmulator
import Testing

@Suite("JSON texts")
struct JSONDocumentTests {
    @Test(
        "values keep the bytes they were written with",
        arguments: [
            "12345678901234567890123456789", "1.10", "-0", "1E+2", "[ 1 , 2 ]", #""é\u0041""#, #"{"a":{"b":[null]}}"#,
        ]
    )
    func keepsBytes(_ text: String) throws {
        let document = try JSONDocument(Array(" \r\n\(text)\t".utf8))

        #expect(document.text(of: document.root) == text)
    }

    @Test("names and texts have their escapes resolved")
    func escapes() throws {
        let document = try JSONDocument(Array(#"{"\u0061\n":"\ud83d\ude00\"\\\/\b\f\r\t"}"#.utf8))

        guard case .object(let members) = document.root.kind, case .string(let value) = members.first?.value.kind else {
            Issue.record("not an object with a text")
            return
        }
        #expect(members.first?.name == "a\n")
        #expect(value == "😀\"\\/\u{8}\u{C}\r\t")
    }

    @Test(
        "half a surrogate pair is read as a replacement and does not swallow what follows",
        arguments: [
            (#""\ud800""#, "\u{FFFD}"), (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\udc00x""#, "\u{FFFD}x"),
        ]
    )
    func loneSurrogates(_ text: String, _ expected: String) throws {
        let document = try JSONDocument(Array(text.utf8))

        guard case .string(let value) = document.root.kind else {
            Issue.record("not a text")
            return
        }
        #expect(value == expected)
    }

    @Test(
        "what is not JSON is refused where it goes wrong",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("01", 1), ("1.", 2), ("-", 1), ("1e", 2), ("tru", 0), ("\"a", 2),
            ("{\"a\" 1}", 5), ("{\"a\":1,}", 7), ("{'a':1}", 1), ("1 2", 2), ("\"\u{1}\"", 1), (#""\x""#, 2),
            (#""\u12g4""#, 5),
            ("[1 2]", 3), ("nul", 0), ("+1", 0), (".5", 0), ("NaN", 0),
        ]
    )
    func refuses(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONDocument(Array(text.utf8)) }

        #expect(error?.offset == offset)
    }

    @Test("bytes that are not UTF-8 are refused")
    func refusesBrokenText() {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument([0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test("a member named twice is refused, in small objects and large ones", arguments: [2, 20])
    func refusesRepeats(_ count: Int) {
        let members = (1..<count).map { "\"m\($0)\":1" } + ["\"m1\":2"]

        #expect(throws: JSONSyntaxError.self) { try JSONDocument(Array("{\(members.joined(separator: ","))}".utf8)) }
    }

    @Test("nesting is bounded")
    func boundsNesting() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }

        _ = try JSONDocument(nested(128))
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(nested(129)) }
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(nested(500_000)) }
    }
}
