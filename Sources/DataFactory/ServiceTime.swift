#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Times as the service writes and reads them: RFC 3339.
enum ServiceTime {
    // To the end of the year 9999, the last one of four digits. Not before 1970: there were no runs, and before 1582
    // Foundation counts by another calendar than RFC 3339.
    private static let writable = 0.0...253_402_300_799.0

    /// Reads a time with any number of digits after the second; the service writes up to seven. Without a zone it is
    /// taken for UTC. Nil for anything else.
    static func parse(_ text: String) -> Date? {
        var bytes = Array(text.utf8)
        guard (19...64).contains(bytes.count) else { return nil }
        // RFC 3339 allows a small t and z, and others write a space.
        guard [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]) else { return nil }
        bytes[10] = UInt8(ascii: "T")

        // Foundation's own parser wants three digits or none, so it is given none.
        var zone = bytes[19...]
        var fraction = 0.0
        if zone.first == UInt8(ascii: ".") {
            let digits = zone.dropFirst().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !digits.isEmpty, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
                return nil
            }
            fraction = value
            zone = zone[digits.endIndex...]
        }
        let whole = String(decoding: bytes[..<19], as: UTF8.self)
        guard let suffix = Self.zone(zone) else { return nil }
        return try? Date.ISO8601FormatStyle().parse(whole + suffix).addingTimeInterval(fraction)
    }

    /// `Z` or a difference such as `+01:30`. Checked here because Foundation's parser does not mind what follows.
    private static func zone(_ bytes: ArraySlice<UInt8>) -> String? {
        if bytes.isEmpty { return "Z" }
        let text = String(decoding: bytes, as: UTF8.self).uppercased()
        let shape = text.map { $0.isASCII && $0.isNumber ? "0" : $0 }
        return ["Z", "+00:00", "-00:00"].contains(String(shape)) ? text : nil
    }

    /// Writes a time in whole seconds. Nil unless it is within the years 1970 to 9999.
    static func text(of date: Date, rounded rule: FloatingPointRoundingRule) -> String? {
        let seconds = date.timeIntervalSince1970.rounded(rule)
        guard writable.contains(seconds) else { return nil }
        return Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle())
    }
}
