internal import DequeModule
internal import NIOConcurrencyHelpers

/// A connection to RabbitMQ: an actor that lives on the one thread which owns the socket.
///
/// It does not come back by itself. When it is lost, everything that waits on it learns why, ``waitUntilClosed()``
/// returns, and a new connection has to be opened. It stays open, and its thread alive, until ``close()`` or a loss.
///
/// Consume and publish over two connections: under a memory or disk alarm the broker stops reading a publisher's
/// connection, and with it the acknowledgements of a consumer on it.
public actor Connection {
    /// Runs this actor on the connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    /// Where it leads, safe to log.
    public nonisolated let address: String

    private nonisolated let thread: IOThread
    let configuration: ConnectionConfiguration
    var handle: LibraryHandle?
    var channels: [UInt16: ChannelState] = [:]
    /// Numbers are not used again: frames of a closed channel may still be under way, and would be taken for the new one's.
    private var nextChannelNumber: UInt16 = 1
    /// Bounded by the requests, acknowledgements and unconfirmed publishes of our callers, each of which waits.
    var commands: Deque<(Command, channel: UInt16)> = []
    var publishes: Deque<(OutgoingMessage, channel: UInt16, ChannelState.PendingPublish)> = []
    private var nextPublishID: UInt64 = 0
    var isBlocked = false
    var closeDeadline: ContinuousClock.Instant?
    var closeReason: RabbitMQError?
    private var closeWaiters: [CheckedContinuation<RabbitMQError, Never>] = []

    /// RabbitMQ's own limit of channels on a connection.
    private static let channelMaximum: UInt16 = 2047
    private static let generations = NIOLockedValueBox<UInt64>(0)

    private init(_ configuration: ConnectionConfiguration) throws(RabbitMQError) {
        self.configuration = configuration
        address = configuration.address
        thread = try IOThread(name: configuration.connectionName)
    }

    /// Connects and logs in.
    ///
    /// - Throws: ``RabbitMQError``: `unreachable` where nobody answers, `accessRefused` for a wrong user or password,
    ///   `virtualHostRefused`, `protocolViolation` where something else than a broker answers.
    public static func open(_ configuration: ConnectionConfiguration) async throws(RabbitMQError) -> Connection {
        let connection = try Connection(configuration)
        try await connection.start()
        return connection
    }

    private func start() throws(RabbitMQError) {
        var handle = try LibraryHandle()
        try handle.open(configuration)
        self.handle = consume handle
        thread.attach(self)
    }

    // MARK: - Life

    /// Why the connection is closed, or nil while it is open.
    public var closed: RabbitMQError? { closeReason }

    /// Whether the broker has asked us to stop publishing, because it is short of memory or disk.
    public var isBlockedByBroker: Bool { isBlocked }

    /// Publishes on the wire that the broker has not answered.
    package var unconfirmedCount: Int {
        channels.values.reduce(0) { $0 + ($1.confirms?.count ?? 0) }
    }

    /// Returns when the connection is gone, with the reason; ``RabbitMQError/Code/closedByUs`` after ``close()``.
    public func waitUntilClosed() async -> RabbitMQError {
        if let closeReason { return closeReason }
        return await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Says goodbye and closes. What was not acknowledged goes back to its queue; publishes without an answer are in
    /// doubt. Returns after at most 5 s, whatever the broker does.
    public func close() async {
        guard closeReason == nil else { return }
        guard !isBlocked else {
            // It reads nothing from us now, a goodbye included.
            end(RabbitMQError(.closedByUs, "closed while the broker had the connection blocked"))
            return
        }
        if closeDeadline == nil {
            closeDeadline = .now + .seconds(5)
            commands.append((.connectionClose, channel: 0))
        }
        _ = await waitUntilClosed()
    }

    func end(_ error: RabbitMQError) {
        guard closeReason == nil else { return }
        closeReason = error
        // No close request: on a broken connection it would only wait. The library frees what it has.
        handle = nil
        for number in channels.keys { channels[number]?.end(error) }
        channels.removeAll()
        commands.removeAll()
        for (_, _, publish) in publishes { publish.continuation.resume(returning: .failure(error)) }
        publishes.removeAll()
        for waiter in closeWaiters { waiter.resume(returning: error) }
        closeWaiters.removeAll()
        thread.detach()
    }

    // MARK: - Channels

    /// Opens a channel.
    public func openChannel() async throws(RabbitMQError) -> Channel {
        if let closeReason { throw closeReason }
        guard nextChannelNumber < Self.channelMaximum else {
            throw RabbitMQError(
                .invalidArgument,
                "all \(Self.channelMaximum) channel numbers of this connection are used"
            )
        }
        let number = nextChannelNumber
        nextChannelNumber += 1
        let generation = ChannelGeneration(
            number: Self.generations.withLockedValue {
                $0 += 1; return $0
            }
        )
        channels[number] = ChannelState(generation: generation, bodyLimit: configuration.maximumBodyByteCount)
        let channel = Channel(connection: self, number: number, generation: generation)
        _ = try await request(.channelOpen, on: channel)
        return channel
    }

    func close(_ channel: Channel) async {
        // A channel that is gone is closed enough.
        guard (try? state(of: channel)) != nil else { return }
        _ = try? await withCheckedContinuation { continuation in
            enqueue(.channelClose, on: channel, continuation)
            channels[channel.number]?.isClosing = true
        }.get()
        channels[channel.number]?.end(RabbitMQError(.closedByUs, "the channel was closed"))
        channels[channel.number] = nil
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter limit: How long to wait, after which the channel is given up; where there is none, the connection's
    ///   reply time-out, after which the connection is.
    func request(
        _ command: Command,
        on channel: Channel,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> Method {
        _ = try state(of: channel)
        return try await withCheckedContinuation { continuation in
            enqueue(command, on: channel, within: limit, continuation)
        }.get()
    }

    func isOpen(_ channel: Channel) -> Bool {
        (try? state(of: channel)) != nil
    }

    func waitUntilClosed(_ channel: Channel) async -> RabbitMQError {
        do throws(RabbitMQError) {
            _ = try state(of: channel)
        } catch {
            return error
        }
        return await withCheckedContinuation { channels[channel.number]?.closeWaiters.append($0) }
    }

    private func enqueue(
        _ command: Command,
        on channel: Channel,
        within limit: Duration? = nil,
        _ continuation: CheckedContinuation<Result<Method, RabbitMQError>, Never>
    ) {
        commands.append((command, channel: channel.number))
        channels[channel.number]?.pendingReplies.append(
            .init(
                continuation: continuation,
                deadline: .now + (limit ?? configuration.replyTimeout),
                endsConnection: limit == nil
            )
        )
    }

    private func state(of channel: Channel) throws(RabbitMQError) -> ChannelState {
        if let closeReason { throw closeReason }
        guard let state = channels[channel.number], !state.isClosing else {
            throw RabbitMQError(.channelClosed, "channel \(channel.number) is closed")
        }
        return state
    }

    func enableConfirms(on channel: Channel) async throws(RabbitMQError) {
        guard try state(of: channel).confirms == nil else { return }
        _ = try await request(.confirmSelect, on: channel)
        channels[channel.number]?.confirms = ConfirmTracker()
    }

    func setPrefetch(_ count: UInt16, on channel: Channel) async throws(RabbitMQError) {
        _ = try await request(.basicQos(prefetchCount: count), on: channel)
        channels[channel.number]?.prefetchCount = Int(count)
    }

    func consume(
        _ queue: String,
        consumerTag: String,
        mode: ConsumeMode,
        on channel: Channel
    ) async throws(RabbitMQError) -> Deliveries {
        let current = try state(of: channel)
        try checkShortString(queue, "queue name")
        try checkShortString(consumerTag, "consumer tag")
        guard !consumerTag.isEmpty else {
            throw RabbitMQError(.invalidArgument, "give the consumer a tag: deliveries find it by that")
        }
        guard mode == .automaticAcknowledgement || current.prefetchCount > 0 else {
            throw RabbitMQError(
                .invalidArgument,
                "set a prefetch before consuming: nothing else limits what the broker sends"
            )
        }
        guard current.consumers[consumerTag] == nil else {
            throw RabbitMQError(.invalidArgument, "consumer tag \"\(consumerTag)\" is in use on this channel")
        }
        // Before the request: deliveries may follow its answer in the same read.
        let buffer = DeliveryBuffer(mode: mode)
        channels[channel.number]?.consumers[consumerTag] = buffer
        do {
            _ = try await request(.basicConsume(queue: queue, consumerTag: consumerTag, mode: mode), on: channel)
        } catch {
            channels[channel.number]?.consumers[consumerTag] = nil
            throw error
        }
        return Deliveries(consumerTag: consumerTag, buffer: buffer)
    }

    func cancel(consumerTag: String, on channel: Channel) async throws(RabbitMQError) {
        _ = try await request(.basicCancel(consumerTag: consumerTag), on: channel)
        channels[channel.number]?.consumers.removeValue(forKey: consumerTag)?.finish(nil)
    }

    // MARK: - Messages

    func publish(_ outgoing: OutgoingMessage, on channel: Channel) async throws(RabbitMQError) -> PublishOutcome {
        guard try state(of: channel).confirms != nil else {
            throw RabbitMQError(.invalidArgument, "put the channel in confirm mode before publishing")
        }
        try outgoing.checkLimits(frameByteCount: handle?.frameByteCount ?? ConnectionConfiguration.frameByteCount)
        nextPublishID += 1
        let id = nextPublishID
        return try await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<PublishOutcome, RabbitMQError>, Never>) in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failure(Self.cancelled))
                    return
                }
                publishes.append((outgoing, channel: channel.number, .init(id: id, continuation: continuation)))
            }
        } onCancel: {
            // Not a child of the cancelled task, which would be cancelled too; it ends with its one step.
            Task { await withdraw(publish: id, from: channel) }
        }.get()
    }

    private static let cancelled = RabbitMQError(.cancelled, "the caller does not wait for the message any more")

    /// Lets a cancelled caller go: with an error where nothing was sent, in doubt where it was.
    private func withdraw(publish id: UInt64, from channel: Channel) {
        if let index = publishes.firstIndex(where: { $0.2.id == id }) {
            publishes.remove(at: index).2.continuation.resume(returning: .failure(Self.cancelled))
        } else if let sent = channels[channel.number]?.confirms?.withdraw({ $0.id == id }) {
            sent.continuation.resume(returning: .success(.inDoubt(Self.cancelled)))
        }
    }

    func settle(_ delivery: Delivery, by command: Command, on channel: Channel) throws(RabbitMQError) {
        guard closeReason == nil, channels[channel.number]?.isClosing == false,
            channels[channel.number]?.generation == delivery.generation
        else {
            throw RabbitMQError(.staleDelivery, "delivery \(delivery.deliveryTag) came over a channel that is gone")
        }
        guard channels[channel.number]?.ledger.settle(delivery.deliveryTag) == true else {
            throw RabbitMQError(.alreadySettled, "delivery \(delivery.deliveryTag) was settled before")
        }
        commands.append((command, channel: channel.number))
    }
}
