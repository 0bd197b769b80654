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
            guard header.value.consists(of: { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                throw Self.invalid("the value of the header field \(header.name) cannot be sent")
            }
        }
    }

    private static func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, certainty: .notSent)
    }
}

extension String {
    /// Whether all bytes are such.
    fileprivate func consists(of isAllowed: (UInt8) -> Bool) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where !isAllowed(bytes[index]) { return false }
        return true
    }
}
