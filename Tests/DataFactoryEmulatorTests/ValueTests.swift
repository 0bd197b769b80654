import DataFactoryEmulator
import Testing

@Suite("GUIDs")
struct GUIDTests {
    @Test("a GUID is the same in either case and writes itself in lower case")
    func caseless() throws {
        let upper = try #require(GUID("31F1BC88-C715-4CD9-B31F-73E51DA2E079"))
        let lower = try #require(GUID("31f1bc88-c715-4cd9-b31f-73e51da2e079"))

        #expect(upper == lower)
        #expect(upper.description == "31f1bc88-c715-4cd9-b31f-73e51da2e079")
    }

    @Test(
        "other forms are no GUIDs",
        arguments: [
            "", "31f1bc88c7154cd9b31f73e51da2e079", "{31f1bc88-c715-4cd9-b31f-73e51da2e079}",
            "31f1bc88-c715-4cd9-b31f-73e51da2e07", "31f1bc88-c715-4cd9-b31f-73e51da2e07g",
            "31f1bc8-8c715-4cd9-b31f-73e51da2e079", "31f1bc88-c715-4cd9-b31f-73e51da2e0é",
        ]
    )
    func otherForms(_ text: String) {
        #expect(GUID(text) == nil)
    }

    @Test("random GUIDs differ and say they are version 4")
    func random() {
        let texts = (0..<200).map { _ in GUID.random().description }

        #expect(Set(texts).count == 200)
        #expect(texts.allSatisfy { Array($0)[14] == "4" && "89ab".contains(Array($0)[19]) })
        #expect(texts.allSatisfy { GUID($0)?.description == $0 })
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "moments are written with seven digits",
        arguments: [
            (0, "1970-01-01T00:00:00.0000000Z"), (951_782_400, "2000-02-29T00:00:00.0000000Z"),
            (1_795_377_600, "2026-11-22T20:00:00.0000000Z"), (4_107_542_399, "2100-02-28T23:59:59.0000000Z"),
            (-1, "1969-12-31T23:59:59.0000000Z"),
        ] as [(Int64, String)]
    )
    func writes(_ seconds: Int64, _ text: String) throws {
        let moment = Timestamp(secondsSince1970: seconds)

        #expect(moment.text == text)
        #expect(Timestamp(text) == moment)
    }

    @Test(
        "any fraction and offset is read",
        arguments: [
            ("2026-11-22T20:00:00Z", "2026-11-22T20:00:00.0000000Z"),
            ("2026-11-22T20:00:00.5Z", "2026-11-22T20:00:00.5000000Z"),
            ("2026-11-22t20:00:00.123456789z", "2026-11-22T20:00:00.1234567Z"),
            ("2026-11-22T21:30:00+01:30", "2026-11-22T20:00:00.0000000Z"),
            ("2026-11-22T19:00:00-01:00", "2026-11-22T20:00:00.0000000Z"),
        ]
    )
    func reads(_ text: String, _ expected: String) {
        #expect(Timestamp(text)?.text == expected)
    }

    @Test(
        "other texts are no times",
        arguments: [
            "", "2026-11-22", "2026-11-22T20:00:00", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T20:00:00.Z",
            "2026-11-22T20:00:00Zx", "2026-11-22T20:00:00+1:00",
        ]
    )
    func refuses(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("the short forms are those of routing ids and of Entra ID")
    func shortForms() throws {
        let moment = try #require(Timestamp("2026-01-02T03:04:05.9Z"))

        #expect(moment.compactText == "20260102T030405Z")
        #expect(moment.httpDate == "Fri, 02 Jan 2026 03:04:05 GMT")
        #expect(Timestamp(secondsSince1970: 0).httpDate == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(moment.spacedText == "2026-01-02 03:04:05Z")
    }
}

@Suite("Request targets and forms")
struct RequestTargetTests {
    @Test("each segment is decoded once, and a slash in it stays within it")
    func decodesOnce() throws {
        let target = try #require(RequestTarget("/a%2Fb/c%2520d/e+f?x=1"))

        #expect(target.segments == ["a/b", "c%20d", "e+f"])
        #expect(target.query["x"] == "1")
    }

    @Test("broken percent-encoding is refused", arguments: ["/%", "/%1", "/%zz", "/%ff", "/a?b=%"])
    func refuses(_ target: String) {
        #expect(RequestTarget(target) == nil)
    }

    @Test("form values may hold every character that means something in a form")
    func formValues() throws {
        let form = try #require(FormFields("client_secret=a%2Bb%26c%3Dd%25e+f&empty=&bare&x=1=2"))

        #expect(form["client_secret"] == "a+b&c=d%e f")
        #expect(form["empty"] == "")
        #expect(form["bare"] == "")
        #expect(form["x"] == "1=2")
        #expect(form["none"] == nil)
        #expect(form.anyCase("CLIENT_SECRET") == "a+b&c=d%e f")
    }
}
