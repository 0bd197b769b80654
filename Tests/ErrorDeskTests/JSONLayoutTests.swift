import ErrorDesk
import Testing

@Suite("JSON laid out for reading")
struct JSONLayoutTests {
    @Test("values stay as they are written, whatever the spacing was")
    func values() {
        let text = #"{"a": 1.10,"b":[12345678901234567890,"x, {y}: \" z\\" ] , "c":{}, "d": [ ],"e":null}"#

        #expect(
            layOut(text) == """
                {
                  "a": 1.10,
                  "b": [
                    12345678901234567890,
                    "x, {y}: \\" z\\\\"
                  ],
                  "c": {},
                  "d": [],
                  "e": null
                }
                """
        )
    }

    @Test("text that is no JSON ends too", arguments: ["", "{", "]]]", #""abc"#, #""a\"#, "{\"a\":"])
    func broken(text: String) {
        #expect(layOut(text).filter { !$0.isWhitespace } == text)
    }

    @Test("depth does not make the text grow with its square")
    func depth() {
        let text = String(repeating: "[", count: 10_000) + "1" + String(repeating: "]", count: 10_000)

        #expect(layOut(text).utf8.count < 2_000_000)
    }

    private func layOut(_ text: String) -> String {
        String(decoding: JSONLayout.lines(of: Array(text.utf8)), as: UTF8.self)
    }
}
