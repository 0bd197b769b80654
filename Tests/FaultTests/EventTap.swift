import RabbitMQ
import TestSupport

/// What happened to a connection, in order, for tests that wait for it.
final class EventTap: Sendable {
    private let events: AsyncStream<ConnectionEvent>
    private let continuation: AsyncStream<ConnectionEvent>.Continuation

    init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    @Sendable func note(_ event: ConnectionEvent) {
        continuation.yield(event)
    }

    /// Waits for the next event of which `select` makes something; those before it are passed over.
    func next<Value>(_ what: String, _ select: (ConnectionEvent) -> Value?) async throws -> Value {
        for await event in events {
            if let value = select(event) { return value }
        }
        throw NeverHappened(description: what)
    }

    /// Waits until the connection is open.
    @discardableResult
    func connected() async throws -> String {
        try await next("it connected") { event in
            guard case .connected(let address) = event else { return nil }
            return address
        }
    }

    /// Waits until a consumer consumes.
    func consuming() async throws {
        try await next("it consumed") { event -> Void? in
            guard case .consuming = event else { return nil }
            return ()
        }
    }

    /// Waits for another try that follows an error of this kind, and returns the pause before it.
    @discardableResult
    func retrying(after code: RabbitMQError.Code, replyCode: UInt16? = nil) async throws -> Duration {
        try await next("it tried again after \(code)") { event in
            guard case .retrying(let error, _, let pause) = event, error.code == code,
                replyCode == nil || error.replyCode == replyCode
            else { return nil }
            return pause
        }
    }
}
