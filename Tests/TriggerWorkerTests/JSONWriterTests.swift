import Foundation
import Testing

@testable import TriggerWorker

@Suite("Writing JSON")
struct JSONWriterTests {
    static let hostile = [
        "", "plain", "\"", "\\", "\\\"", "\"}],", "\n\r\t\u{8}\u{C}", "\0", "\u{1F}\u{7F}", "\u{2028}\u{2029}",
        "é e\u{301}",
        "😀👩‍👩‍👧‍👦", "\r\n", "\\u0041", "</script>", "x\u{FEFF}", "\u{FFFF}\u{10FFFF}",
        String(String.UnicodeScalarView((0..<0x300).compactMap { Unicode.Scalar($0) })),
    ]

    @Test("a text reads back as it was, as a value and as a name", arguments: hostile)
    func roundTrip(text: String) throws {
        var json = JSONWriter()
        json.object { json in
            json.member("value", text)
            json.member(text: "name-" + text, "x")
            json.member(text: "raw-" + text, raw: Array("[1]".utf8))
        }

        let members = try members(of: json.bytes)

        #expect((members["value"] as? String).map { Array($0.utf8) } == Array(text.utf8))
        #expect(members["name-" + text] as? String == "x")
        #expect(members["raw-" + text] as? [Int] == [1])
        #expect(members.count == 3)
    }

    @Test("our own reader agrees", arguments: hostile)
    func ownReader(text: String) throws {
        var json = JSONWriter()
        json.object { $0.member(text: text, text) }

        var scanner = try JSONScanner(json.bytes)
        var read: [(String, String)] = []
        try scanner.object { (scanner, name) throws(JSONScanner.Failure) in read.append((name, try scanner.string())) }
        try scanner.end()

        #expect(read.map { Array($0.0.utf8) } == [Array(text.utf8)])
        #expect(read.map { Array($0.1.utf8) } == [Array(text.utf8)])
    }

    @Test("members stand in the order they are written, with commas only between them")
    func order() {
        var json = JSONWriter()
        json.object { json in
            json.member("b", true)
            json.object("none") { _ in }
            json.object("a") { json in
                json.member("n", 42)
                json.member("no", nil as Int?)
                json.member("nothing", nil as String?)
            }
            json.member("raw", raw: Array("1.10".utf8))
            json.member("f", false)
        }

        let text = String(decoding: json.bytes, as: UTF8.self)

        #expect(text == #"{"b":true,"none":{},"a":{"n":42,"no":null,"nothing":null},"raw":1.10,"f":false}"#)
    }

    @Test("an object without members is an object")
    func empty() {
        var json = JSONWriter()

        json.object { _ in }

        #expect(json.bytes == Array("{}".utf8))
    }
}
