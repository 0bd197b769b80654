/// Puts the frames of one channel's content together: a method, a header, then as many bodies as it takes.
///
/// Pure: no clock, no I/O. One per channel, since a channel never interleaves two messages.
struct MessageAssembly {
    /// What the content belongs to.
    enum Start: Equatable {
        case deliver(Method.Deliver)
        case returned(Method.Return)
    }

    /// A whole message.
    struct Complete: Equatable {
        var start: Start
        var properties: MessageProperties
        var body: [UInt8]
    }

    /// What the broker did that the protocol does not allow, or that is more than we take.
    enum Violation: Error, Equatable {
        case unexpectedFrame(String)
        case tooLarge(byteCount: UInt64, limit: Int)
    }

    private enum State {
        case idle
        case awaitingHeader(Start)
        case collecting(Start, MessageProperties, body: [UInt8], remaining: Int)
    }

    private var state: State = .idle
    private let bodyLimit: Int

    /// Refuses bodies above `bodyLimit` bytes at their header, before any memory is taken for them.
    init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    mutating func begin(_ start: Start) throws(Violation) {
        guard case .idle = state else { throw .unexpectedFrame("a message began inside another") }
        state = .awaitingHeader(start)
    }

    /// Takes the header; returns the message at once where the body is empty, since no body frame will come.
    mutating func header(bodySize: UInt64, _ properties: MessageProperties) throws(Violation) -> Complete? {
        guard case .awaitingHeader(let start) = state else {
            throw .unexpectedFrame("a content header without its method")
        }
        guard bodySize <= UInt64(bodyLimit) else { throw .tooLarge(byteCount: bodySize, limit: bodyLimit) }
        guard bodySize > 0 else {
            state = .idle
            return Complete(start: start, properties: properties, body: [])
        }
        state = .collecting(start, properties, body: [], remaining: Int(bodySize))
        return nil
    }

    /// Takes a piece of the body; returns the message when it was the last.
    mutating func body(_ bytes: [UInt8]) throws(Violation) -> Complete? {
        guard case .collecting(let start, let properties, var body, let remaining) = state else {
            throw .unexpectedFrame("a body frame without its header")
        }
        state = .idle  // lets go of the array, so that it grows in place
        guard bytes.count <= remaining else { throw .unexpectedFrame("more body than its header announced") }
        if body.isEmpty, bytes.count == remaining {
            return Complete(start: start, properties: properties, body: bytes)
        }
        if body.isEmpty { body.reserveCapacity(remaining) }
        body += bytes
        guard bytes.count < remaining else { return Complete(start: start, properties: properties, body: body) }
        state = .collecting(start, properties, body: body, remaining: remaining - bytes.count)
        return nil
    }
}
