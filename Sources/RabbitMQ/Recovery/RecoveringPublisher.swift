internal import NIOConcurrencyHelpers

/// Publishes over a ``RecoveringConnection``, on a channel in confirm mode that is opened anew when it is gone.
///
/// A message waits here while there is no connection, and while the broker has publishing blocked. Once it is sent, its
/// outcome is the caller's: ``PublishOutcome/inDoubt(_:)`` where the channel or connection went before the broker's
/// answer. It is never sent a second time by this library; whoever repeats it must allow for a duplicate.
public actor RecoveringPublisher {
    private let connection: RecoveringConnection
    /// Outside the actor, for nearly every publish only looks here.
    private nonisolated let channel = NIOLockedValueBox<Channel?>(nil)
    private var backoff: RecoveryBackoff
    private var isOpening = false
    private var nextID: UInt64 = 0
    /// Each is a caller of ours that waits for the one who opens the channel.
    private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

    /// Publishes over this connection.
    public init(_ connection: RecoveringConnection) {
        self.connection = connection
        backoff = RecoveryBackoff(connection.policy)
    }

    /// Publishes a message and waits for what the broker says of it, as
    /// ``Channel/publish(_:exchange:routingKey:isMandatory:)``.
    ///
    /// It waits for a connection without a limit of its own: cancel the calling task to take the message back.
    ///
    /// - Throws: ``RabbitMQError`` only where the message was certainly not published: `cancelled`, `invalidArgument`,
    ///   or `closedByUs` when ``RecoveringConnection/run()`` has ended.
    public nonisolated func publish(
        _ message: Message,
        exchange: String = "",
        routingKey: String,
        isMandatory: Bool
    ) async throws(RabbitMQError) -> PublishOutcome {
        while true {
            let channel =
                if let channel = self.channel.withLockedValue({ $0 }) { channel } else { try await openChannel() }
            do throws(RabbitMQError) {
                return try await channel.publish(
                    message,
                    exchange: exchange,
                    routingKey: routingKey,
                    isMandatory: isMandatory
                )
            } catch {
                guard error.code != .cancelled, error.code != .invalidArgument else { throw error }
                // The channel went before anything of the message was sent: that may be said again, to another.
                await forget(channel)
            }
        }
    }

    /// A channel in confirm mode. One caller opens it; the others wait for that one, and one of them takes over where
    /// it is cancelled.
    private func openChannel() async throws(RabbitMQError) -> Channel {
        while true {
            if let channel = channel.withLockedValue({ $0 }) { return channel }
            guard isOpening else { break }
            try await waitForOpener()
        }
        isOpening = true
        defer {
            isOpening = false
            for waiter in waiters.values { waiter.resume() }
            waiters = [:]
        }
        var failed: Connection?
        while true {
            guard !Task.isCancelled else { throw Self.cancelled }
            let current = try await connection.connection(otherThan: failed)
            do throws(RabbitMQError) {
                let opened = try await openConfirmChannel(current)
                channel.withLockedValue { $0 = opened }
                return opened
            } catch {
                failed = await current.closed == nil ? nil : current
                guard failed == nil else { continue }
                if error.code == .channelsExhausted { await current.close() }
                let pause = backoff.pause(after: error)
                connection.tell(.retrying(error, address: current.address, after: pause))
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func openConfirmChannel(_ connection: Connection) async throws(RabbitMQError) -> Channel {
        let opened = try await connection.openChannel()
        do throws(RabbitMQError) {
            try await opened.enableConfirms()
            return opened
        } catch {
            await opened.close()
            throw error
        }
    }

    private static let cancelled = RabbitMQError(.cancelled, "the caller does not wait for a channel any more")

    private func forget(_ lost: Channel) {
        channel.withLockedValue { if $0?.generation == lost.generation { $0 = nil } }
    }

    private func waitForOpener() async throws(RabbitMQError) {
        nextID += 1
        let id = nextID
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled || !isOpening {
                    continuation.resume()
                } else {
                    waiters[id] = continuation
                }
            }
        } onCancel: {
            Task { await stopWaiting(id) }
        }
        guard !Task.isCancelled else { throw Self.cancelled }
    }

    private func stopWaiting(_ id: UInt64) {
        waiters.removeValue(forKey: id)?.resume()
    }
}
