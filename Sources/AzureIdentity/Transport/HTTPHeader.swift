/// One header field as it goes over the wire.
public struct HTTPHeader: Sendable, Hashable {
    /// The field's name; compared without regard to case.
    public var name: String

    /// The field's value. It may be a token, so it is never printed.
    public var value: String

    /// Makes a header field.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension HTTPHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name alone.
    public var description: String { "\(name): …" }

    /// The name alone.
    public var debugDescription: String { description }

    /// Shows the name and hides the value from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

extension Sequence<HTTPHeader> {
    /// The value of the first field of that name, whatever its case.
    package func value(of name: String) -> String? {
        first { $0.name.equalsIgnoringASCIICase(name) }?.value
    }
}

extension String {
    /// Compares the way header names, hosts and error codes are compared: ASCII letters without their case.
    package func equalsIgnoringASCIICase(_ other: String) -> Bool {
        let bytes = utf8.span
        let others = other.utf8.span
        guard bytes.count == others.count else { return false }
        for index in bytes.indices where bytes[index].asciiLowercased != others[index].asciiLowercased { return false }
        return true
    }
}

extension UInt8 {
    /// Whether names of header fields and schemes may hold it (RFC 9110, section 5.6.2).
    package var isHTTPToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }

    var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
