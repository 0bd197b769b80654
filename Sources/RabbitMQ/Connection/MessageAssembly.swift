/// Puts the frames of one channel's content together: a method, a header, then as many bodies as it takes.
///
/// Pure: no clock, no I/O. One per channel, since a channel never interleaves two messages.
struct MessageAssembly {
    /// What the content belongs to.
    enum Start: Equatable {
        case deliver(Method.Deliver)
        case got(Method.GetOk)
        case returned(Method.Return)
    }

    /// A whole message.
    struct Complete: Equatable {
        var start: Start
        var properties: MessageProperties
        var body: [UInt8]
        /// The size its header announced; more than `body` holds only where it was above the limit.
        var bodyByteCount: UInt64
    }

    private enum State {
        case idle
        case awaitingHeader(Start)
        case collecting(Start, MessageProperties, body: [UInt8], remaining: Int)
        case discarding(Start, MessageProperties, byteCount: UInt64, remaining: UInt64)
    }

    private var state: State = .idle
    private let bodyLimit: Int

    /// Bodies above `bodyLimit` bytes are read and thrown away, and no memory is taken for them. Ending the connection
    /// instead would let one message take it away from everybody, again at each redelivery.
    init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    mutating func begin(_ start: Start) throws(RabbitMQError) {
        guard case .idle = state else { throw RabbitMQError(.protocolViolation, "a message began inside another") }
        state = .awaitingHeader(start)
    }

    /// Takes the header; returns the message at once where the body is empty, since no body frame will come.
    mutating func header(bodySize: UInt64, _ properties: MessageProperties) throws(RabbitMQError) -> Complete? {
        guard case .awaitingHeader(let start) = state else {
            throw RabbitMQError(.protocolViolation, "a content header without its method")
        }
        guard bodySize > 0 else {
            state = .idle
            return Complete(start: start, properties: properties, body: [], bodyByteCount: 0)
        }
        guard bodySize <= UInt64(bodyLimit) else {
            state = .discarding(start, properties, byteCount: bodySize, remaining: bodySize)
            return nil
        }
        state = .collecting(start, properties, body: [], remaining: Int(bodySize))
        return nil
    }

    /// Takes a piece of the body; returns the message when it was the last.
    mutating func body(_ bytes: [UInt8]) throws(RabbitMQError) -> Complete? {
        if case .discarding(let start, let properties, let byteCount, let remaining) = state {
            guard bytes.count <= remaining else { throw Self.tooMuch }
            let left = remaining - UInt64(bytes.count)
            state = left == 0 ? .idle : .discarding(start, properties, byteCount: byteCount, remaining: left)
            return left > 0
                ? nil : Complete(start: start, properties: properties, body: [], bodyByteCount: byteCount)
        }
        guard case .collecting(let start, let properties, var body, let remaining) = state else {
            throw RabbitMQError(.protocolViolation, "a body frame without its header")
        }
        state = .idle  // lets go of the array, so that it grows in place
        guard bytes.count <= remaining else { throw Self.tooMuch }
        if body.isEmpty, bytes.count == remaining {
            body = bytes
        } else {
            if body.isEmpty { body.reserveCapacity(remaining) }
            body += bytes
        }
        guard bytes.count < remaining else {
            return Complete(start: start, properties: properties, body: body, bodyByteCount: UInt64(body.count))
        }
        state = .collecting(start, properties, body: body, remaining: remaining - bytes.count)
        return nil
    }

    private static var tooMuch: RabbitMQError {
        RabbitMQError(.protocolViolation, "more body than its header announced")
    }
}
