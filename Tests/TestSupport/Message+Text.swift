public import RabbitMQ

extension Message {
    /// A message of this text without any properties.
    public init(_ text: String) {
        self.init(body: Array(text.utf8))
    }

    /// A message of this text with a message id.
    public init(_ text: String, id: String) {
        self.init(text)
        properties.messageID = id
    }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
