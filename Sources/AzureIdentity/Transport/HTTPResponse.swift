/// A complete answer, whatever its status.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int

    /// The header fields in the order they arrived.
    public var headers: [HTTPHeader] {
        get { fields.all }
        set { fields = HTTPFields(newValue) }
    }

    /// The whole body.
    public var body: [UInt8]

    var fields: HTTPFields

    /// Makes an answer; for transports and for tests.
    public init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        fields = HTTPFields(headers)
        self.body = body
    }

    /// The value of the first header field of that name, whatever its case.
    public func header(_ name: String) -> String? {
        fields.value(of: name)
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status and the size; the body may be a token.
    public var description: String { "HTTP \(status), \(body.count) bytes" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides headers and body from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["response": description]) }
}
