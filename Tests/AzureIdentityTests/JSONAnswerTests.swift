import AzureIdentity
import Testing

@Suite("JSON from outside")
struct JSONAnswerTests {
    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    private func isRead(_ text: String) -> Bool {
        JSONAnswer.decode(Anything.self, from: Array(text.utf8)) != nil
    }

    @Test("arrays and objects may lie 512 deep in each other, as Foundation allows")
    func depth() {
        let open = String(repeating: "[", count: 511)
        let close = String(repeating: "]", count: 511)

        #expect(isRead("\(open)[]\(close)"))
        #expect(isRead("\(open){}\(close)"))
        #expect(!isRead("\(open)[[]]\(close)"))
        #expect(!isRead("\(open){\"a\":[]}\(close)"))
    }

    @Test("whatever ends where it is too deep is refused, and does not end the process", arguments: 500...520)
    func endless(depth: Int) {
        for tail in ["", "[", "{", "{\"a\":[", "\"[\\\"", "]"] {
            #expect(!isRead(String(repeating: "[", count: depth) + tail))
            #expect(!isRead(String(repeating: "{\"a\":", count: depth) + tail))
        }
        // Closing brackets in a string close nothing.
        #expect(!isRead(#"["]]]]\"]]]]","# + String(repeating: "[", count: depth)))
    }

    @Test("brackets in strings have no depth")
    func strings() {
        #expect(isRead("{\"a\":\"\(String(repeating: "[{", count: 1000))\\\"\"}"))
        #expect(isRead("[\(String(repeating: "{},", count: 1000))[]]"))
    }

    @Test("only UTF-8 is read")
    func encodings() {
        let text = String(repeating: "[", count: 513)
        #expect(isRead("\u{FEFF}{}"))
        #expect(JSONAnswer.decode(Anything.self, from: text.utf16.flatMap { [UInt8($0), 0] }) == nil)
        #expect(JSONAnswer.decode(Anything.self, from: text.utf16.flatMap { [0, UInt8($0)] }) == nil)
        #expect(JSONAnswer.decode(Anything.self, from: text.utf16.flatMap { [0, 0, 0, UInt8($0)] }) == nil)
    }
}
