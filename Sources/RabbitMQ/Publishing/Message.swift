/// A message to publish: properties and a body of any bytes.
public struct Message: Sendable, Hashable {
    /// The properties.
    public var properties: MessageProperties
    /// The body.
    public var body: [UInt8]

    /// Makes a message.
    public init(properties: MessageProperties = MessageProperties(), body: [UInt8]) {
        self.properties = properties
        self.body = body
    }
}
