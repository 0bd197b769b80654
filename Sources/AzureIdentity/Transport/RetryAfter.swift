#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// How long a server asks its callers to stay away.
package enum RetryAfter {
    /// Nobody asks for longer; it keeps a nonsensical number from overflowing a clock.
    private static let longest = Duration.seconds(7 * 24 * 3600)

    /// Reads `Retry-After` (seconds or an HTTP date), else `retry-after-ms`, else `x-ms-retry-after-ms`.
    ///
    /// The order is that of azure-core's retry policy (Python 1.41). A date is compared with the answer's own `Date`
    /// header where there is one, so a wrong local clock does not matter.
    ///
    /// - Parameter now: The time to compare a date with where the answer has no `Date` header.
    package static func parse(_ response: HTTPResponse, now: Date) -> Duration? {
        if let value = response.header("retry-after")?.trimmedOfBlanks, !value.isEmpty {
            if let seconds = Double(value) { return bounded(seconds) }
            if let date = HTTPDate.parse(value) {
                let reference = response.header("date").flatMap { HTTPDate.parse($0.trimmedOfBlanks) } ?? now
                return bounded(date.timeIntervalSince(reference))
            }
        }
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            if let value = response.header(name)?.trimmedOfBlanks, let milliseconds = Double(value) {
                return bounded(milliseconds / 1000)
            }
        }
        return nil
    }

    private static func bounded(_ seconds: Double) -> Duration? {
        guard seconds.isFinite else { return nil }
        if seconds <= 0 { return .zero }
        // Compared as numbers: a Duration made from a huge Double traps.
        let most = longest / .seconds(1)
        return seconds >= most ? longest : .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }
}

/// The fixed date format of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Nil unless the text is such a date. The obsolete forms are not read; no Azure service sends them.
    package static func parse(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT" || words[5] == "UTC",
            let day = number(words[1], 1...31),
            let month = months.firstIndex(of: words[2].lowercased()),
            let year = number(words[3], 1970...9999)
        else { return nil }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3, let hour = number(time[0], 0...23), let minute = number(time[1], 0...59),
            let second = number(time[2], 0...60)
        else { return nil }
        let seconds = ((daysSince1970(year, month + 1, day) * 24 + hour) * 60 + minute) * 60 + second
        return Date(timeIntervalSince1970: Double(seconds))
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let value = Int(text)
        else { return nil }
        return range.contains(value) ? value : nil
    }

    /// Days in the civil calendar, counted in years that begin with March so that leap days come last.
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension String {
    fileprivate var trimmedOfBlanks: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
