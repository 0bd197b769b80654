/// Takes an RFC 3339 text apart.
struct TimestampReader {
    /// The fields as written, and the fraction in steps of 100 ns.
    struct Parts {
        var year = 0
        var month = 0
        var day = 0
        var hour = 0
        var minute = 0
        var second = 0
        var fractionTicks: Int64 = 0
        var offsetSeconds = 0
    }

    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        self.rest = Array(text.utf8)[...]
    }

    /// The parts, or nil if the text is not such a time.
    mutating func read() -> Parts? {
        var parts = Parts()
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            take("T") || take("t") || take(" "),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        (parts.year, parts.month, parts.day) = (year, month, day)
        (parts.hour, parts.minute, parts.second) = (hour, minute, second)
        if take(".") {
            guard let fraction = fraction() else { return nil }
            parts.fractionTicks = fraction
        }
        if !take("Z"), !take("z") {
            guard let offset = offset() else { return nil }
            parts.offsetSeconds = offset
        }
        return rest.isEmpty ? parts : nil
    }

    private mutating func fraction() -> Int64? {
        var ticks: Int64 = 0
        var digits = 0
        while let byte = rest.first, byte.isASCIIDigit {
            if digits < 7 { ticks = ticks * 10 + Int64(byte - UInt8(ascii: "0")) }
            digits += 1
            rest.removeFirst()
        }
        guard digits > 0 else { return nil }
        for _ in digits..<max(digits, 7) { ticks *= 10 }
        return ticks
    }

    private mutating func offset() -> Int? {
        let sign: Int
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func number(_ width: Int) -> Int? {
        guard rest.count >= width else { return nil }
        var result = 0
        for byte in rest.prefix(width) {
            guard byte.isASCIIDigit else { return nil }
            result = result * 10 + Int(byte - UInt8(ascii: "0"))
        }
        rest = rest.dropFirst(width)
        return result
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }
}
