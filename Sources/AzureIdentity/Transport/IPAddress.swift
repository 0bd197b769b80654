internal import Glibc

/// An IP address as a number: four bytes, or sixteen.
struct IPAddress: Sendable, Equatable {
    let bytes: [UInt8]

    /// Nil unless the text is an IPv4 address of four decimal numbers or an IPv6 address, without brackets and zone.
    /// An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is taken as what it is.
    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let all = withUnsafeBytes(of: six) { Array($0) }
            let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10] == 0xff && all[11] == 0xff
            bytes = isMapped ? Array(all[12...]) : all
        } else {
            return nil
        }
    }
}

/// A range of addresses, in the notation of RFC 4632: `10.0.0.0/8`, `fd00::/8`.
struct IPBlock: Sendable, Equatable {
    private let address: IPAddress
    private let length: Int

    /// One address.
    init(_ address: IPAddress) {
        self.address = address
        length = address.bytes.count * 8
    }

    /// Nil unless the text is an address, a slash, and a length that is not longer than the address.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.bytes.count * 8).contains(length), parts[1].allSatisfy(\.isNumber)
        else { return nil }
        self.address = address
        self.length = length
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = length / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        guard length % 8 > 0 else { return true }
        let mask = UInt8.max << (8 - length % 8)
        return other.bytes[whole] & mask == address.bytes[whole] & mask
    }
}
