/// One AMQP frame that came from the broker, copied out of whatever carried it.
package enum Frame: Sendable {
    /// A method; on channel 0 it concerns the connection.
    case method(channel: UInt16, Method)
    /// What a content is, and how many bytes of it follow.
    case header(channel: UInt16, bodySize: UInt64, MessageProperties)
    /// A piece of a content.
    case body(channel: UInt16, [UInt8])
    /// Heartbeats and kinds nobody needs: librabbitmq hands queued heartbeats (type 8) to its caller, against
    /// its own header's note.
    case ignored
}
