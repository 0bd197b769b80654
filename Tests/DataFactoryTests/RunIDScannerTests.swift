import Testing

@testable import DataFactory

@Suite("Run id scanner")
struct RunIDScannerTests {
    @Test(
        "the service's shape is read by hand",
        arguments: ["{\r\n  \"runId\": \"a-1_B\"\r\n}", #"{"runId":"a-1_B"}"#, " {\t\"runId\" :\"a-1_B\" } \n"]
    )
    func plain(body: String) {
        #expect(RunIDScanner.plainRunID(in: Array(body.utf8)) == "a-1_B")
        #expect(RunIDScanner.runID(in: Array(body.utf8)) == "a-1_B")
    }

    @Test(
        "anything else goes to the decoder, with the right result",
        arguments: [
            (#"{"runId":"a-1","x":{"runId":"b"}}"#, "a-1"), (#"{"x":1,"runId":"a-1"}"#, "a-1"),
            (#"{"runId":"a\u002d1"}"#, "a-1"), (#"{"run\u0049d":"a-1"}"#, "a-1"), (#"{"runId":"a 1"}"#, "a 1"),
            (#"{"runId":"ä"}"#, "ä"), (#"{"runId":"a-1"} x"#, nil), (#"{"runId":"a-1""#, nil), (#"{"runId":""}"#, nil),
            (#"{"runId":null}"#, nil), (#"{"runId":{"runId":"a"}}"#, nil), (#"{"runid":"a-1"}"#, nil), ("", nil),
            ("{", nil), (#"["runId"]"#, nil), (#""runId""#, nil), (#"{"runId""a"}"#, nil),
        ] as [(String, String?)]
    )
    func others(body: String, id: String?) {
        #expect(RunIDScanner.plainRunID(in: Array(body.utf8)) == nil)
        #expect(RunIDScanner.runID(in: Array(body.utf8)) == id)
    }
}
