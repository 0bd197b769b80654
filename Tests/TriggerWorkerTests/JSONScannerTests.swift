import Testing

@testable import TriggerWorker

extension JSONScanner {
    /// Reads one whole document.
    static func check(_ bytes: [UInt8]) throws(Failure) {
        var scanner = try JSONScanner(bytes)
        _ = try scanner.raw()
        try scanner.end()
    }

    static func failure(of bytes: [UInt8]) throws -> Failure {
        try #require(throws: Failure.self) { try check(bytes) }
    }
}

@Suite("What is JSON")
struct JSONScannerTests {
    static let valid = [
        "{}", "[]", "null", "true", "false", "0", "-0", "7", "-12", "1.10", "-0.0", "0e0", "1e5", "1E+5", "1e-05",
        "1.5E-3", "1e400", "9007199254740993", "123456789012345678901234567890.123456789",
        #""""#, #""a""#, #""/""#, #""\"\\\/\b\f\n\r\t""#, #""\u0000\u001f\u0041\uABCD\uabcd""#,
        #""\ud83d\ude00\uD800\uDC00\uDBFF\uDFFF""#, "\"\u{7F}\u{2028}\u{2029}\u{FEFF}é😀\"", #""a//b""#,
        " \t\r\n1 \t\r\n", "[ ]", "{ }", "[1,2 , 3]", #"{"a":1,"b":[{"":null}], "c" : {} }"#, #"{"":0}"#,
        "[[[]]]", #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, #"{"A":1,"a":2}"#,
    ]

    static let invalid = [
        "{", "}", "[", "]", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "[1}", "{1}", "{]", #"{"a"}"#,
        #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{"a":,}"#, #"{,}"#, #"{,"a":1}"#,
        #"{"a" 1}"#, #"{"a"::1}"#, #"{a:1}"#, "{'a':1}", #"{"a":1 "b":2}"#, #"{"a":1;"b":2}"#, #"{null:1}"#,
        "01", "-", "-a", "--1", "+1", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1E-", "1e5.5", "0x10", "1_000", "00",
        "-01", "0.", "1..2", "NaN", "Infinity", "-Infinity", "1a", "٣",
        "nul", "nulls", "Null", "NULL", "tru", "True", "falsey", "fals", "undefined", "truefalse",
        "\"", #""a"#, #""\"#, #""\""#, #""\x""#, #""\'""#, #""\u""#, #""\u1""#, #""\u123""#, #""\u12G4""#, #""\U0041""#,
        #""\u{41}""#, #""\u 041""#, #""\u+041""#, "\"\u{0}\"", "\"\u{1F}\"", "\"a\nb\"", "\"a\tb\"", "'a'", "`a`",
        #""\n"# + "\n\"", #""a"b"#,
        "1 2", "{}{}", "{} x", "null,", "1,", "\"a\" \"b\"", "/* c */ 1", "1 // c", "# c", "\u{FEFF}1", "\u{FEFF}",
        "1\u{FEFF}", "\u{B}1", "1\u{C}", "1\u{A0}", "\u{2028}1", "1\u{0}", "\u{0}",
        "", " ", "\n\r\t ",
    ]

    @Test("every form of RFC 8259 is read", arguments: valid)
    func reads(text: String) throws {
        try JSONScanner.check(Array(text.utf8))
    }

    @Test("everything else is refused", arguments: invalid)
    func refuses(text: String) throws {
        #expect(throws: JSONScanner.Failure.self) { try JSONScanner.check(Array(text.utf8)) }
    }

    @Test(
        "half of a surrogate pair is refused",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\udbff x""#, #""\ud800\n""#, #""\ud800A""#, #""\ud800\u0041""#,
            #""\ud800\ud800""#, #""\udc00\ud800""#, #""\ud83d\ude00\ude00""#, #""\ud800\u"#, #""\ud800\"#,
        ]
    )
    func loneSurrogates(text: String) throws {
        #expect(throws: JSONScanner.Failure.self) { try JSONScanner.check(Array(text.utf8)) }
    }

    @Test(
        "invalid UTF-8 is refused at its first byte, wherever it stands",
        arguments: [
            ([0xFF], 0), ([0x22, 0x61, 0xFF, 0x22], 2), ([0x22, 0xC0, 0xAF, 0x22], 1), ([0x22, 0x80, 0x22], 1),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
            ([0x22, 0xC3, 0xA9, 0xE2, 0x82, 0x22], 3), ([0x5B, 0x5D, 0x20, 0xFE], 3),
        ] as [([UInt8], Int)]
    )
    func invalidUTF8(bytes: [UInt8], offset: Int) throws {
        let failure = try JSONScanner.failure(of: bytes)

        #expect(failure == JSONScanner.Failure(message: "is not valid UTF-8", byteOffset: offset))
    }

    @Test(
        "a string means its characters, however they are spelled",
        arguments: [
            (#""a\u0062c""#, "abc"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD800\uDC00""#, "\u{10000}"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
            (#""é\u00e9e\u0301""#, "éée\u{301}"), (#""\u0000""#, "\0"), (#""\\u0041""#, #"\u0041"#),
        ]
    )
    func unescapes(text: String, expected: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))

        let read = try scanner.string()

        #expect(Array(read.utf8) == Array(expected.utf8))
        try scanner.end()
    }

    @Test("raw values are the bytes between the white space around them")
    func rawBytes() throws {
        var scanner = try JSONScanner(Array(" [ 1.10 , {\"a\" : 1e400} ] \n".utf8))

        let raw = try scanner.raw()

        #expect(String(decoding: raw, as: UTF8.self) == "[ 1.10 , {\"a\" : 1e400} ]")
        try scanner.end()
    }

    // Texts are passed over eight bytes at a time.
    @Test("a string ends where it ends, wherever that is", arguments: ["x", "\u{7F}", "é", "\u{2028}", "😀", "!#[]^"])
    func lengths(filling: String) throws {
        for count in 0...40 {
            let text = String(repeating: filling, count: count)
            for (end, rest) in [("", ""), ("\\n", "\n"), ("\\u00e9x", "éx"), ("\\\"", "\"")] {
                let body = Array("\"\(text)\(end)\(text)\" ,".utf8)

                var reading = try JSONScanner(body)
                #expect(try reading.string() == "\(text)\(rest)\(text)")
                #expect(reading.index == body.count - 2)

                var passing = try JSONScanner(body)
                #expect(try passing.raw().count == body.count - 2)
            }
        }
    }

    @Test("what may not stand in a string is found, wherever that is", arguments: [0x00, 0x09, 0x1F] as [UInt8])
    func controls(control: UInt8) throws {
        for count in 0...40 {
            let body = Array("\"\(String(repeating: "x", count: count))".utf8) + [control] + Array("xxxxxxxxxx\"".utf8)
            let failure = JSONScanner.Failure(message: "holds an unescaped control character", byteOffset: count + 1)

            #expect(throws: failure) {
                var scanner = try JSONScanner(body)
                _ = try scanner.string()
            }
            #expect(throws: failure) {
                var scanner = try JSONScanner(body)
                _ = try scanner.raw()
            }
        }
    }

    @Test("a string without an end is refused at the end of the text", arguments: 0...40)
    func unended(count: Int) throws {
        let body = Array("\"\(String(repeating: "x", count: count))".utf8)

        #expect(throws: JSONScanner.Failure(message: "ends inside a string", byteOffset: body.count)) {
            var scanner = try JSONScanner(body)
            _ = try scanner.raw()
        }
    }

    @Test("true and false are told apart")
    func booleans() throws {
        var yes = try JSONScanner(Array("true".utf8))
        var no = try JSONScanner(Array("false".utf8))

        #expect(try yes.boolean())
        #expect(try !no.boolean())
    }
}
