internal import Crypto

/// The run id a request asks for.
///
/// It is a UUIDv5 (RFC 9562) of the request's identity and its target, so every attempt at the same request, by any
/// worker, before or after a crash, asks for the same run. Data Factory gives a new run the id that came in
/// `x-ms-client-request-id`, and starts nothing for an id it knows.
///
/// Where each publisher has names of its own, it has a namespace of its own: the UUIDv5 of its user name.
package enum RunIdentity {
    /// 8f1c3f3e-5b0a-4e0a-9d53-6d1f2c7b4a10; changing it would let requests in flight start twice.
    private static let namespace: [UInt8] = [
        0x8f, 0x1c, 0x3f, 0x3e, 0x5b, 0x0a, 0x4e, 0x0a, 0x9d, 0x53, 0x6d, 0x1f, 0x2c, 0x7b, 0x4a, 0x10,
    ]

    /// The run id, in lower case.
    ///
    /// - Parameter generation: Raised when an operator wants a rejected request asked for anew: Azure may repeat the
    ///   answer it has given to an id. 0 for a request as it was published.
    package static func runID(for identity: RequestIdentity, target: Target, generation: Int = 0) -> String {
        let space = identity.publisher.map { uuid(of: namespace + $0.utf8) } ?? namespace
        var name: [UInt8] = []
        name.reserveCapacity(space.count + identity.text.utf8.count + target.key.count + 8)
        name += space
        name += identity.text.utf8
        name.append(UInt8(ascii: "\n"))
        name += target.key
        if generation > 0 { name += "\n\(generation)".utf8 }
        return text(of: uuid(of: name))
    }

    /// - Parameter name: The name behind its namespace.
    private static func uuid(of name: [UInt8]) -> [UInt8] {
        var bytes = Insecure.SHA1.hash(data: name).withUnsafeBytes { Array($0.prefix(16)) }
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }

    private static func text(of bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for (index, byte) in bytes.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[end] = UInt8(ascii: "-")
                    end += 1
                }
                text[end] = (byte >> 4).hexadecimalDigit
                text[end + 1] = (byte & 0xF).hexadecimalDigit
                end += 2
            }
            return end
        }
    }
}
