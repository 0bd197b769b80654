import Foundation
import Testing

@testable import TriggerWorker

@Suite("A request's deadline")
struct TriggerRequestDeadlineTests {
    @Test("a request without a deadline has none")
    func none() throws {
        #expect(try TriggerRequest.read(#"{"target":"t"}"#).deadline == nil)
    }

    @Test(
        "dates and times of RFC 3339 are read",
        arguments: [
            ("2026-11-22T06:00:00Z", 1_795_327_200), ("2026-11-22T06:00:00+01:00", 1_795_323_600),
            ("2026-11-22T06:00:00-05:30", 1_795_347_000), ("2026-11-22T06:00:00-00:00", 1_795_327_200),
            ("2026-11-22T06:00:00.5Z", 1_795_327_200.5), ("2026-11-22T06:00:00.250+01:00", 1_795_323_600.25),
            ("2026-11-22T06:00:00.125000000Z", 1_795_327_200.125), ("2026-11-22t06:00:00z", 1_795_327_200),
            ("2028-02-29T23:59:59Z", 1_835_481_599), ("1970-01-01T00:00:00Z", 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799), ("2026-11-22T06:00:00.00000000000000000000Z", 1_795_327_200),
        ] as [(String, Double)]
    )
    func valid(text: String, seconds: Double) throws {
        let request = try TriggerRequest.read(#"{"target":"t","deadline":"\#(text)"}"#)

        let deadline = try #require(request.deadline)
        #expect(abs(deadline.timeIntervalSince1970 - seconds) < 0.000_01)
    }

    @Test(
        "anything else is refused: a deadline misread is a run too late, or none",
        arguments: [
            "", "tomorrow", "2026-11-22", "2026-11-22T06:00:00", "2026-11-22 06:00:00Z", "20261122T060000Z",
            "2026-11-22T06:00Z", "2026-11-22T06:00:00.Z", "2026-11-22T06:00:00,5Z", "2026-11-22T06:00:00Zx",
            "2026-11-22T06:00:00Z ", " 2026-11-22T06:00:00Z", "2026-02-30T00:00:00Z", "2027-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T25:00:00Z", "2026-11-22T06:61:00Z", "2026-11-22T06:00:61Z", "2026-1-2T6:0:0Z",
            "2026-11-22T06:00:00+0100", "2026-11-22T06:00:00+1", "2026-11-22T06:00:00+25:00", "2026-11-22T06:00:00PST",
            "2026-11-22T06:00:00GMT", "2026-11-22T06:00:00+01:00:30", "2026-11-22T06:00:00+01:60",
            "12026-11-22T06:00:00Z", "-2026-11-22T06:00:00Z", "２０２６-11-22T06:00:00Z", "1795327200",
        ]
    )
    func invalid(text: String) throws {
        let error = try #require(throws: RequestError.self) {
            _ = try TriggerRequest.read(#"{"target":"t","deadline":"\#(text)"}"#)
        }

        #expect(error.errorClass == .malformed)
        #expect(
            error.message
                == "in the body, deadline: must be a date and time with a zone, such as 2026-11-22T06:00:00Z (at byte 25)"
        )
    }
}
