import Foundation
import Testing

@testable import DataFactory

@Suite("Times")
struct ServiceTimeTests {
    // 18 March 2020, 20:47:30 UTC.
    private static let second = 1_584_564_450.0

    @Test(
        "any number of digits, with or without a zone",
        arguments: [
            ("2020-03-18T20:47:30Z", 0), ("2020-03-18T20:47:30.5Z", 0.5), ("2020-03-18T20:47:30.599Z", 0.599),
            ("2020-03-18T20:47:30.5990379Z", 0.599_037_9), ("2020-03-18T20:47:30.599037912Z", 0.599_037_9),
            ("2020-03-18T20:47:30.0000000000000000001Z", 0), ("2020-03-18T20:47:30", 0),
            ("2020-03-18T20:47:30.25", 0.25), ("2020-03-18t20:47:30.25z", 0.25), ("2020-03-18 20:47:30.25Z", 0.25),
            ("2020-03-18T20:47:30+00:00", 0), ("2020-03-18T22:17:30.25+01:30", 0.25),
            ("2020-03-18T12:47:30.25-08:00", 0.25),
        ]
    )
    func parsed(text: String, fraction: Double) throws {
        let date = try #require(ServiceTime.parse(text))

        #expect(abs(date.timeIntervalSince1970 - Self.second - fraction) < 1e-6)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "now", "2020-03-18", "2020-03-18T20:47", "2020-03-18T20:47:30.Z", "2020-03-18T20:47:30.5.5Z",
            "2020-03-18X20:47:30Z", "2020-13-18T20:47:30Z",
            "2020-03-18T20:47:3xZ",
            "2020-03-18T20:47:30+1:30", "2020-03-18T20:47:30.25 ", "2020-03-18T20:47:30Zulu", "2020-03-18T20:47:3öZ",
            "ÄÖÜäöü-ßÄÖÜ", "1584564450", "2020-03-18T20:47:30." + String(repeating: "1", count: 80) + "Z",
        ]
    )
    func refused(text: String) {
        #expect(ServiceTime.parse(text) == nil)
    }

    @Test("times before 1970 and after 9999 cannot be written")
    func bounds() {
        func text(_ seconds: Double, _ rule: FloatingPointRoundingRule) -> String? {
            ServiceTime.text(of: Date(timeIntervalSince1970: seconds), rounded: rule)
        }

        #expect(text(0, .down) == "1970-01-01T00:00:00Z")
        #expect(text(-0.5, .down) == nil)
        #expect(text(253_402_300_799, .up) == "9999-12-31T23:59:59Z")
        #expect(text(253_402_300_799.5, .up) == nil)
    }
}
