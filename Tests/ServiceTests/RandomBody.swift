import TestSupport

/// Bodies that no service should send, made from those it does.
enum RandomBody {
    /// What the answer should have been.
    enum Kind: Int {
        case token, managedIdentityToken, createdRun, run, page, pipeline
    }

    /// Answers as the services give them. The first are those of ``Kind``, in its order.
    private static let samples = [
        #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"refresh_in":1800,"access_token":"eyJ0eXAi"}"#,
        #"{"access_token":"eyJ0eXAi","expires_in":"3599","expires_on":"1900000000","not_before":"1","resource":"r"}"#,
        "{\r\n  \"runId\": \"31f1bc88-c715-4cd9-b31f-73e51da2e079\"\r\n}",
        #"{"runId":"31f1bc88","runGroupId":"31f1bc88","isLatest":true,"pipelineName":"p","parameters":{"a":"[\"x\"]"},"#
            + #""runDimension":{},"annotations":[],"invokedBy":{"id":"a","name":"Manual","invokedByType":"Manual"},"#
            + #""runStart":"2026-11-22T20:47:29.1234567Z","runEnd":null,"durationInMs":12,"status":"InProgress","#
            + #""lastUpdated":"2026-11-22T20:47:29Z","message":""}"#,
        #"{"value":[{"runId":"31f1bc88","status":"Succeeded"},{"runId":"52588188"}],"continuationToken":"abc"}"#,
        #"{"id":"/subscriptions/s","name":"p","etag":"e","properties":{"parameters":{"n":{"type":"Int","#
            + #""defaultValue":1},"s":{"type":"string"}},"concurrency":1,"annotations":[]}}"#,
        #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace ID: x","#
            + #""error_codes":[7000215],"timestamp":"2026-11-22 19:00:00Z","trace_id":"a","correlation_id":"b"}"#,
        #"{"error":{"code":"BadRequest","message":"ErrorCode=InvalidTemplate","target":"pipeline/p","details":null,"#
            + #""additionalInfo":[{"type":"t","info":{}}]}}"#,
        #"{"error":{"code":"A","message":"m","details":[{"code":"B","message":"n","target":null}]}}"#,
        #"{"code":"BadRequest","message":null,"target":"pipeline//runid/x","details":null,"error":null}"#,
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        "",
    ]

    /// A body that is seldom what it should be.
    static func make(insteadOf kind: Kind, using random: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10:
            let length = Int.random(in: 0..<300, using: &random)
            return (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        case 10..<15: return nested(using: &random)
        case 15..<17: return Array(samples[kind.rawValue].utf8).flatMap { [$0, 0] }
        default:
            let isOther = Int.random(in: 0..<3, using: &random) == 0
            var body = Array((isOther ? samples.randomElement(using: &random) ?? "" : samples[kind.rawValue]).utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) { mutate(&body, using: &random) }
            return body
        }
    }

    private static func nested(using random: inout SeededGenerator) -> [UInt8] {
        let depth = [3, 511, 512, 513, 514, 600, 10_000, 100_000].randomElement(using: &random) ?? 1
        let (open, close) =
            [("[", "]"), (#"{"error":"#, "}"), (#"{"value":["#, "]}")].randomElement(using: &random) ?? ("", "")
        let isClosed = Bool.random(using: &random)
        let core = ["", "1", #"{"runId":"x"}"#, "\"", "["].randomElement(using: &random) ?? ""
        let text =
            String(repeating: open, count: depth) + core + (isClosed ? String(repeating: close, count: depth) : "")
        return Array(text.utf8)
    }

    /// What is put into or in place of something.
    private static let splinters: [[UInt8]] =
        [
            "null", "true", "0", "-", "-0", "00", "1.", "1e5", "1e999", "-1e999", "1e-999", "9223372036854775807",
            "9223372036854775808", "18446744073709551616", "0.1e1", "NaN", "{}", "[]", "[null]", "{\"a\":null}", "\"\"",
            "\"x\"", #""\ud800""#, #""\udc00\ud800""#, #""\u0000""#, #""\"#, #""\u12"#, "\"", "\\", "{", "}", "[", "]",
            ",", ":", "\u{FEFF}", "\u{2028}", "é", "👩‍👩‍👧‍👦", "\u{0}", "\r\n", "\"runId\":", "\"error\":{\"code\":",
            "\"expires_in\":", "\"access_token\":", "1970-01-01T00:00:00Z", "9999-99-99T99:99:99.9999999999999999999Z",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFE, 0xFF],
            [0xFF, 0xFE],
            [0xEF, 0xBB, 0xBF], Array(repeating: UInt8(ascii: "9"), count: 400),
            Array(repeating: UInt8(ascii: "x"), count: 5_000),
        ]

    private static func mutate(_ body: inout [UInt8], using random: inout SeededGenerator) {
        let (start, end) = range(in: body, using: &random)
        let splinter = splinters.randomElement(using: &random) ?? []
        switch Int.random(in: 0..<40, using: &random) {
        case 0..<5: body.removeSubrange(start...)
        case 5..<10: if start < body.count { body[start] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 10..<15: body.insert(contentsOf: splinter, at: start)
        case 15..<18: body.insert(contentsOf: body[start..<end], at: end)
        case 18..<21: body.removeSubrange(start..<end)
        case 21: body.insert(contentsOf: Array(repeating: UInt8(ascii: "x"), count: 600_000), at: start)
        case 22: body.insert(contentsOf: nested(using: &random), at: start)
        default: replaceValue(in: &body, with: splinter, using: &random)
        }
    }

    /// Puts something else where a member's value is, which leaves most of the document as it should be.
    private static func replaceValue(
        in body: inout [UInt8],
        with splinter: [UInt8],
        using random: inout SeededGenerator
    ) {
        let colons = body.indices.filter { body[$0] == UInt8(ascii: ":") }
        guard let colon = colons.randomElement(using: &random) else { return }
        let end =
            body[(colon + 1)...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? body.endIndex
        body.replaceSubrange((colon + 1)..<end, with: splinter)
    }

    private static func range(in body: [UInt8], using random: inout SeededGenerator) -> (Int, Int) {
        let one = Int.random(in: 0...body.count, using: &random)
        let other = Int.random(in: 0...body.count, using: &random)
        return (min(one, other), max(one, other))
    }
}
