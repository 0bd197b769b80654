extension HTTPRequest {
    /// Refuses what can't be put on the wire as it is meant: a line break within a header field would begin another.
    ///
    /// - Throws: ``HTTPTransportError/Code-swift.struct/invalidRequest``; nothing was sent.
    func requireWireForm() throws(HTTPTransportError) {
        guard url.consists(of: { $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.invalid("the URL holds a space, or other than ASCII")
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.consists(of: \.isHTTPToken) else {
                throw Self.invalid("a header field's name cannot be sent")
            }
            guard header.value.isPlain || header.value.consists(of: { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                throw Self.invalid("the value of the header field \(header.name) cannot be sent")
            }
        }
    }

    private static func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, certainty: .notSent)
    }
}

extension String {
    /// Whether there is no control character in it, looked at eight bytes at a time: tokens are long. It may say no where
    /// there is none (Warren, Hacker's Delight, 6-1).
    fileprivate var isPlain: Bool {
        let bytes = utf8.span
        var index = 0
        // SAFETY: the eight bytes lie within the span.
        while index + 8 <= bytes.count {
            let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let isDelete = (delete &- 0x0101_0101_0101_0101) & ~delete
            guard (isControl | isDelete) & 0x8080_8080_8080_8080 == 0 else { return false }
            index += 8
        }
        while index < bytes.count {
            guard bytes[index] >= 0x20, bytes[index] != 0x7F else { return false }
            index += 1
        }
        return true
    }

    /// Whether all bytes are such.
    fileprivate func consists(of isAllowed: (UInt8) -> Bool) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where !isAllowed(bytes[index]) { return false }
        return true
    }
}
