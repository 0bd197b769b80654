extension Span<UInt8> {
    /// The index of the next byte that can't stand in a JSON string as it is: a quotation mark, a backslash or a control
    /// character; the end, where there is none.
    func endOfPlainText(from start: Int = 0) -> Int {
        var end = start
        // SAFETY: the eight bytes lie within the span.
        // Eight at a time, for a body of 256 KiB is mostly one text. Each test leaves the top bit of the bytes it is for,
        // and maybe of others behind them, which are then looked at one by one (Warren, Hacker's Delight, 6-1).
        while end + 8 <= count {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: end, as: UInt64.self)
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let isQuote = (quote &- 0x0101_0101_0101_0101) & ~quote
            let isBackslash = (backslash &- 0x0101_0101_0101_0101) & ~backslash
            guard (isControl | isQuote | isBackslash) & 0x8080_8080_8080_8080 == 0 else { break }
            end += 8
        }
        while end < count {
            let byte = self[end]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return end }
            end += 1
        }
        return end
    }
}
