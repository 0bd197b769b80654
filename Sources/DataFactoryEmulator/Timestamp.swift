import Glibc

/// A moment in UTC, as finely as Data Factory writes it: in steps of 100 ns.
package struct Timestamp: Sendable, Hashable, Comparable {
    private static let ticksPerSecond: Int64 = 10_000_000
    private static let ticksPerDay: Int64 = 86_400 * ticksPerSecond

    /// Steps of 100 ns since the start of 1970.
    private var ticks: Int64

    private init(ticks: Int64) {
        self.ticks = ticks
    }

    /// The moment so many whole seconds after the start of 1970.
    package init(secondsSince1970: Int64) {
        self.ticks = secondsSince1970 * Self.ticksPerSecond
    }

    /// The machine's clock.
    package static func systemNow() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(ticks: Int64(time.tv_sec) * ticksPerSecond + Int64(time.tv_nsec) / 100)
    }

    /// Reads an RFC 3339 time with any number of fractional digits and any offset.
    package init?(_ text: String) {
        var reader = TimestampReader(text)
        guard let parts = reader.read() else { return nil }
        let days = Self.days(year: parts.year, month: parts.month, day: parts.day)
        let seconds = Int64(parts.hour * 3600 + parts.minute * 60 + parts.second - parts.offsetSeconds)
        self.ticks = days * Self.ticksPerDay + seconds * Self.ticksPerSecond + parts.fractionTicks
    }

    /// Whole seconds since the start of 1970.
    package var secondsSince1970: Int64 { ticks / Self.ticksPerSecond }

    /// `2026-11-22T20:47:29.1234567Z`, the form of run times.
    package var text: String {
        let parts = calendar
        return "\(date(parts, "-"))T\(time(parts, ":")).\(padded(parts.fraction, 7))Z"
    }

    /// `20261122T204729Z`, the form inside a routing id.
    package var compactText: String {
        let parts = calendar
        return "\(date(parts, ""))T\(time(parts, ""))Z"
    }

    /// `2026-11-22 20:47:29Z`, the form of Entra ID's error answers.
    package var spacedText: String {
        let parts = calendar
        return "\(date(parts, "-")) \(time(parts, ":"))Z"
    }

    /// `Sun, 22 Nov 2026 20:47:29 GMT`, the form of a date in an HTTP header.
    package var httpDate: String {
        let parts = calendar
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The first day of 1970 was a Thursday.
        let day = Int(((secondsSince1970 - parts.secondOfDay) / 86_400 % 7 + 7) % 7)
        return "\(days[day]), \(padded(parts.day, 2)) \(months[Int(parts.month) - 1]) \(padded(parts.year, 4))"
            + " \(time(parts, ":")) GMT"
    }

    /// The moment so much later.
    package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(ticks: moment.ticks + seconds * ticksPerSecond + attoseconds / 100_000_000_000)
    }

    /// How much time lies between two moments.
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds((later.ticks - earlier.ticks) * 100)
    }

    /// Earlier is less.
    package static func < (one: Timestamp, other: Timestamp) -> Bool {
        one.ticks < other.ticks
    }
}

extension Timestamp {
    private typealias Calendar = (year: Int64, month: Int64, day: Int64, secondOfDay: Int64, fraction: Int64)

    // Howard Hinnant's days_from_civil and civil_from_days: Foundation's calendar is too slow for each answer.
    private static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * Int64(month > 2 ? month - 3 : month + 9) + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private var calendar: Calendar {
        let days = ticks >= 0 ? ticks / Self.ticksPerDay : (ticks - Self.ticksPerDay + 1) / Self.ticksPerDay
        let ticksOfDay = ticks - days * Self.ticksPerDay
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1,
            ticksOfDay / Self.ticksPerSecond, ticksOfDay % Self.ticksPerSecond
        )
    }

    private func date(_ parts: Calendar, _ separator: String) -> String {
        padded(parts.year, 4) + separator + padded(parts.month, 2) + separator + padded(parts.day, 2)
    }

    private func time(_ parts: Calendar, _ separator: String) -> String {
        let second = parts.secondOfDay
        return padded(second / 3600, 2) + separator + padded(second / 60 % 60, 2) + separator + padded(second % 60, 2)
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
