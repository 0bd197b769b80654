import AzureIdentity
import Foundation
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    private let now = Date(timeIntervalSince1970: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT

    @Test(
        "every form is read",
        arguments: [
            ([("Retry-After", "17")], .seconds(17)),
            ([("retry-after", " 372 ")], .seconds(372)),
            ([("Retry-After", "1.5")], .milliseconds(1500)),
            ([("Retry-After", "0")], .zero),
            ([("Retry-After", "-3")], .zero),
            ([("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT")], .seconds(30)),
            ([("Retry-After", "Sun, 06 Nov 1994 08:49:00 GMT")], .zero),
            (
                [("Retry-After", "Sun, 06 Nov 1994 10:00:10 GMT"), ("Date", "Sun, 06 Nov 1994 10:00:00 GMT")],
                .seconds(10)
            ),
            ([("retry-after-ms", "250")], .milliseconds(250)),
            ([("x-ms-retry-after-ms", "1200")], .milliseconds(1200)),
            ([("x-ms-retry-after-ms", "1200"), ("retry-after-ms", "250")], .milliseconds(250)),
            ([("retry-after-ms", "250"), ("Retry-After", "2")], .seconds(2)),
            ([("Retry-After", "soon"), ("retry-after-ms", "250")], .milliseconds(250)),
            ([("Retry-After", "1e300")], .seconds(7 * 24 * 3600)),
            ([("Retry-After", "nan")], nil),
            ([("Retry-After", "inf")], nil),
            ([("Retry-After", "")], nil),
            ([("Retry-After", "Sunday, 06-Nov-94 08:49:37 GMT")], nil),
            ([("Retry-After", "Sun, 32 Nov 1994 08:49:37 GMT")], nil),
            ([], nil),
        ] as [([(String, String)], Duration?)]
    )
    func forms(headers: [(String, String)], expected: Duration?) {
        let response = HTTPResponse(status: 429, headers: headers.map { HTTPHeader(name: $0.0, value: $0.1) })

        #expect(RetryAfter.parse(response, now: now) == expected)
    }

    @Test(
        "dates are counted as the calendar does",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ]
    )
    func dates(text: String, seconds: Double) {
        #expect(HTTPDate.parse(text)?.timeIntervalSince1970 == seconds)
    }
}
