internal import NIOConcurrencyHelpers

/// Keeps a connection to one of several brokers open: the supervisor above ``Connection``.
///
/// It may start before any broker is up. When the connection is lost, the brokers are tried in turn, beginning with the
/// one that was good last, until one is there again; a round in which all failed is followed by a pause with jitter. A
/// fault that only a change of a setting mends (a wrong password, a missing virtual host, a certificate that is not
/// trusted, a queue with other arguments) is tried again slowly; whoever watches is told of each try.
///
/// What was under way is never repeated here: publishes without a confirm are ``PublishOutcome/inDoubt(_:)`` to their
/// callers, deliveries without an acknowledgement are somebody else's, and settling them throws
/// ``RabbitMQError/Code/staleDelivery``.
///
///     let rabbit = RecoveringConnection(try ConnectionConfiguration.configurations(uris: uris)) { connection in
///         try await connection.openChannel().declare(QueueDeclaration(name: "work"))
///     }
///     await withTaskGroup { group in
///         group.addTask { await rabbit.run() }
///         …
///         group.cancelAll()
///     }
public final class RecoveringConnection: Sendable {
    /// Restores what must be there before a connection is used, such as queues.
    public typealias Preparation = @Sendable (Connection) async throws(RabbitMQError) -> Void

    private typealias Waiter = CheckedContinuation<Result<Connection, RabbitMQError>, Never>

    private struct State {
        var connection: Connection?
        var isRunning = false
        var hasEnded = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: (Waiter, otherThan: Connection?)] = [:]
    }

    /// How long to wait between tries.
    public let policy: RecoveryPolicy
    private let endpoints: [ConnectionConfiguration]
    private let preparation: Preparation
    private let onEvent: @Sendable (ConnectionEvent) -> Void
    private let state = NIOLockedValueBox(State())

    /// Describes a connection that ``run()`` opens.
    ///
    /// - Parameters:
    ///   - endpoints: The brokers, in order of preference; at least one.
    ///   - policy: How long to wait between tries.
    ///   - onEvent: Told of what happens, on a thread that must not be made to wait.
    ///   - prepare: Runs over each new connection before anybody else gets it, and again where a queue that is consumed
    ///     is missing. Where it throws, the connection is given up and tried again.
    public init(
        _ endpoints: [ConnectionConfiguration],
        policy: RecoveryPolicy = RecoveryPolicy(),
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in },
        prepare: @escaping Preparation = { _ throws(RabbitMQError) in }
    ) {
        precondition(!endpoints.isEmpty, "a connection needs at least one broker to lead to")
        self.endpoints = endpoints
        self.policy = policy
        self.onEvent = onEvent
        preparation = prepare
    }

    /// The connection, where there is one right now.
    public var current: Connection? { state.withLockedValue { $0.connection } }

    func tell(_ event: ConnectionEvent) { onEvent(event) }

    func prepare(_ connection: Connection) async throws(RabbitMQError) {
        try await preparation(connection)
    }

    // MARK: - Running

    /// Keeps a connection open until the calling task is cancelled; then closes it and returns. Call it once.
    public func run() async {
        let isFirst = state.withLockedValue { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        precondition(isFirst, "a recovering connection runs once")
        var backoff = RecoveryBackoff(policy)
        var preferred = 0
        while !Task.isCancelled {
            guard let connection = await connect(&preferred, &backoff) else { break }
            let opened = ContinuousClock.now
            become(connection)
            let reason = await connection.waitUntilClosed()
            become(nil)
            guard !Task.isCancelled else {
                await connection.close()
                break
            }
            backoff.lasted(.now - opened)
            // One of ours has closed it for having no channel left: the next is as good as that was.
            guard reason.code != .closedByUs else { continue }
            await rest(after: reason, at: connection.address, &backoff)
        }
        end()
    }

    /// Tries the brokers in turn until one lets us in; nil when the calling task is cancelled.
    private func connect(_ preferred: inout Int, _ backoff: inout RecoveryBackoff) async -> Connection? {
        while !Task.isCancelled {
            var failure: (RabbitMQError, address: String)?
            for offset in endpoints.indices where !Task.isCancelled {
                let index = (preferred + offset) % endpoints.count
                do throws(RabbitMQError) {
                    let connection = try await open(endpoints[index])
                    preferred = index
                    return connection
                } catch {
                    // Weather at one of them is a reason to come back soon, whatever is wrong with the others; the error
                    // that sets the pause is told of with it, the rest are told of now.
                    let latest = (error, address: endpoints[index].address)
                    let isLess = failure.map { $0.0.isRetryable && !error.isRetryable } ?? false
                    if let other = isLess ? latest : failure {
                        tell(.retrying(other.0, address: other.address, after: .zero))
                    }
                    if !isLess { failure = latest }
                }
            }
            guard let failure, !Task.isCancelled else { break }
            await rest(after: failure.0, at: failure.address, &backoff)
        }
        return nil
    }

    private func open(_ endpoint: ConnectionConfiguration) async throws(RabbitMQError) -> Connection {
        let connection = try await Connection.open(endpoint, onEvent: onEvent)
        do throws(RabbitMQError) {
            try await prepare(connection)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    private func rest(after error: RabbitMQError, at address: String, _ backoff: inout RecoveryBackoff) async {
        let pause = backoff.pause(after: error)
        tell(.retrying(error, address: address, after: pause))
        try? await Task.sleep(for: pause)
    }

    // MARK: - Waiting

    /// The connection; waits until there is one.
    ///
    /// It may be lost the next moment, like any connection.
    ///
    /// - Throws: ``RabbitMQError``: `cancelled` with the calling task, `closedByUs` when ``run()`` has ended.
    public func connection() async throws(RabbitMQError) -> Connection {
        try await connection(otherThan: nil)
    }

    /// The connection, but not this one, which did not serve.
    func connection(otherThan previous: Connection?) async throws(RabbitMQError) -> Connection {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Result<Connection, RabbitMQError>? = state.withLockedValue { state in
                    if state.hasEnded { return .failure(Self.ended) }
                    if let connection = state.connection, connection !== previous { return .success(connection) }
                    if Task.isCancelled { return .failure(Self.cancelled) }
                    state.waiters[id] = (continuation, otherThan: previous)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLockedValue { $0.waiters.removeValue(forKey: id)?.0 }?.resume(returning: .failure(Self.cancelled))
        }.get()
    }

    private static let cancelled = RabbitMQError(.cancelled, "the caller does not wait for a connection any more")
    private static let ended = RabbitMQError(.closedByUs, "the connection is not kept open any more")

    private func become(_ connection: Connection?) {
        let served = state.withLockedValue { state -> [Waiter] in
            state.connection = connection
            guard let connection else { return [] }
            let served = state.waiters.filter { $0.value.otherThan !== connection }
            for id in served.keys { state.waiters[id] = nil }
            return served.values.map { $0.0 }
        }
        guard let connection else { return }
        for waiter in served { waiter.resume(returning: .success(connection)) }
    }

    private func end() {
        let waiters = state.withLockedValue { state in
            defer { state.waiters = [:] }
            state.hasEnded = true
            return state.waiters.values.map { $0.0 }
        }
        for waiter in waiters { waiter.resume(returning: .failure(Self.ended)) }
    }
}
