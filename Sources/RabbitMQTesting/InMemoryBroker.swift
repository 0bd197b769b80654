internal import Glibc
internal import NIOConcurrencyHelpers
public import RabbitMQ

/// A broker in the same process, for unit tests of code that uses `RabbitMQ`: no node, no socket, no waiting.
///
/// ``configuration(connectionName:)`` leads to it; everything above is the real client. It does what RabbitMQ 3.10 does
/// with classic and quorum queues, the four kinds of exchange, confirms, prefetch, dead letters and direct replies, in
/// RabbitMQ's own words where it refuses something, and the client's own conformance tests hold it to that. It has
/// one virtual host, `/`, takes every user and password, and a clock that only ``advance(by:)`` moves. It has no streams,
/// priority queues or single active consumer, and refuses to declare such queues (540).
///
/// Each broker is a world of its own: give every test a new one.
public final class InMemoryBroker: Sendable {
    private struct State {
        var model: BrokerModel
        /// What each connection waits on; bounded by the connections.
        var wakeUps: [SessionID: WakeUp] = [:]
    }

    private let state: NIOLockedValueBox<State>

    /// Makes a broker with RabbitMQ's own exchanges and no queues. Its clock says what the system's says now.
    public init() {
        let now = UInt64(max(0, time(nil)))
        state = NIOLockedValueBox(State(model: BrokerModel(startedAtSeconds: now)))
    }

    /// What leads a connection to this broker.
    ///
    /// Host and port mean nothing; the user counts where a message names the one who published it.
    public func configuration(connectionName: String = "in-memory") -> ConnectionConfiguration {
        var configuration = ConnectionConfiguration(host: "in-memory", connectionName: connectionName)
        configuration.link = { configuration throws(RabbitMQError) in try InMemoryLink(configuration, to: self) }
        return configuration
    }

    /// Lets time pass: messages expire and are dead-lettered, and queues with `x-expires` go.
    public func advance(by duration: Duration) {
        change { $0.advance(by: duration) }
    }

    // MARK: - Looking inside

    /// The messages that are ready in a queue, in the order they will be delivered; empty where there is no such queue.
    public func messages(in queue: String) -> [Message] {
        look { $0.queues[queue]?.messages.map(\.message) ?? [] }
    }

    /// How many deliveries of a queue nobody has settled yet; 0 where there is no such queue.
    public func unacknowledgedCount(in queue: String) -> Int {
        look { $0.queues[queue]?.unacknowledgedCount ?? 0 }
    }

    /// How many connections are open.
    public var connectionCount: Int {
        look { $0.openSessions.count }
    }

    // MARK: - For links

    /// Lets a connection in, which waits on `wakeUp`.
    func open(user: String, virtualHost: String, _ wakeUp: WakeUp) throws(RabbitMQError) -> SessionID {
        try state.withLockedValue { state -> Result<SessionID, RabbitMQError> in
            do throws(RabbitMQError) {
                let session = try state.model.open(user: user, virtualHost: virtualHost)
                state.wakeUps[session] = wakeUp
                return .success(session)
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Changes the broker, and wakes the connections that have something to read afterwards.
    @discardableResult
    func change<Value>(_ body: (inout BrokerModel) -> Value) -> Value {
        let (value, awakened) = state.withLockedValue { state in
            let value = body(&state.model)
            let awakened = state.model.takeAwakened().compactMap { state.wakeUps[$0] }
            for session in state.wakeUps.keys where state.model.sessions[session] == nil {
                state.wakeUps[session] = nil
            }
            return (value, awakened)
        }
        for wakeUp in awakened { wakeUp.signal() }
        return value
    }

    private func look<Value>(_ body: (BrokerModel) -> Value) -> Value {
        state.withLockedValue { body($0.model) }
    }
}
