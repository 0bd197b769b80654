import Testing

@testable import AzureIdentity

@Suite("The fields of an answer's head")
struct HTTPFieldsTests {
    private static func fields(_ lines: String...) -> HTTPFields {
        lines.reduce(into: HTTPFields()) { fields, line in
            Array(line.utf8).withUnsafeBytes { fields.append(line: $0) }
        }
    }

    @Test("keep their order, their case and their values without the space around them")
    func all() {
        let fields = Self.fields("Date: now", "x-Empty:", "A:\t b c \t", "a: second")

        #expect(fields.count == 4)
        #expect(
            fields.all == [
                HTTPHeader(name: "Date", value: "now"), HTTPHeader(name: "x-Empty", value: ""),
                HTTPHeader(name: "A", value: "b c"), HTTPHeader(name: "a", value: "second"),
            ]
        )
    }

    @Test("are found whatever the case, the first of a name before the others")
    func value() {
        let fields = Self.fields("Date: now", "Retry-After: 5", "retry-after: 6", "x:y:z")

        #expect(fields.value(of: "RETRY-AFTER") == "5")
        #expect(fields.value(of: "X") == "y:z")
        #expect(fields.value(of: "Dat") == nil)
        #expect(fields.value(of: "Retry_After") == nil)
        #expect(HTTPFields().value(of: "date") == nil)
    }

    @Test("what is no field is passed over", arguments: ["", ":", ": value", "no colon", " "])
    func noField(line: String) {
        #expect(Self.fields(line).count == 0)
    }

    @Test("bytes that are no UTF-8 are repaired in the value that is asked for")
    func notUTF8() {
        var fields = HTTPFields()
        ([UInt8]("a: ".utf8) + [0xFF]).withUnsafeBytes { fields.append(line: $0) }

        #expect(fields.value(of: "a") == "\u{FFFD}")
    }

    @Test("an answer made by hand has the fields it was given, and those it is given later")
    func response() {
        var response = HTTPResponse(status: 200, headers: [HTTPHeader(name: "A", value: "1")])
        #expect(response.header("a") == "1")
        response.headers.append(HTTPHeader(name: "B", value: "2"))

        #expect(response.header("b") == "2")
        #expect(response.headers.map(\.name) == ["A", "B"])
    }
}

@Suite("The base of a URL")
struct URLBaseTests {
    @Test(
        "is its scheme, host and port as they are written",
        arguments: [
            ("https://a.b/c?d", "https://a.b"), ("HTTP://[::1]:80?x", "HTTP://[::1]:80"),
            ("http://127.0.0.1#f", "http://127.0.0.1"), ("https://a.b", "https://a.b"),
        ]
    )
    func text(url: String, expected: String) throws {
        let base = try #require(URLBase(of: url))
        #expect(base.text == expected)
        #expect(base.isBase(of: url))
    }

    @Test(
        "is no other's that begins alike",
        arguments: ["https://a.b.c/", "https://a.b:1/", "https://a.", "http://a.b/", "https://a.b@c/", "https://A.b/"]
    )
    func others(url: String) throws {
        #expect(try #require(URLBase(of: "https://a.b/")).isBase(of: url) == false)
    }

    @Test("is none of what leads nowhere", arguments: ["", "a.b/c", "ftp://a.b/", "https://", "https://u@h/"])
    func none(url: String) {
        #expect(URLBase(of: url) == nil)
    }
}
