extension HTTPRequest {
    /// Refuses what can't be put on the wire as it is meant: a line break within a header field would begin another one.
    ///
    /// - Throws: ``HTTPTransportError/Code-swift.struct/invalidRequest``; nothing was sent.
    func requireWireForm() throws(HTTPTransportError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.invalid("the URL holds a space, or other than ASCII")
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isTokenByte) else {
                throw Self.invalid("a header field's name cannot be sent")
            }
            guard header.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                throw Self.invalid("the value of the header field \(header.name) cannot be sent")
            }
        }
    }

    private static func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, certainty: .notSent)
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
