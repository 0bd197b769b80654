internal import DequeModule
internal import IOLoop
internal import NIOConcurrencyHelpers

/// A connection to RabbitMQ: an actor that lives on the one thread which may touch the socket.
///
/// It does not come back by itself; ``RecoveringConnection`` does, above it. When it is lost, everything that waits on it
/// learns why, ``waitUntilClosed()`` returns, and a new connection has to be opened. It stays open, and its thread alive,
/// until ``close()`` or a loss.
///
/// Consume and publish over two connections: under a memory or disk alarm the broker stops reading a publisher's
/// connection, and with it the acknowledgements of a consumer on it.
public actor Connection {
    /// Runs this actor on the connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    /// Runs tasks on the connection's own thread, which saves them the way between threads at every call of this
    /// connection: prefer it for short tasks that mostly wait for the broker.
    ///
    ///     group.addTask(executorPreference: connection.executor) { … }
    ///
    /// While such a task works nothing is read or sent; one that blocks or computes for long belongs elsewhere.
    public nonisolated var executor: any TaskExecutor { thread }
    /// Where it leads, safe to log.
    public nonisolated let address: String

    /// Who waits for an answer on a channel.
    typealias Waiter = CheckedContinuation<Result<Answer, RabbitMQError>, Never>
    typealias ChannelState = ChannelStateMachine<Waiter, PendingPublish, DeliveryBuffer<Delivery>>

    /// What the broker answers to a request.
    enum Answer {
        case method(Method)
        case message(Method.GetOk, MessageAssembly.Complete)
    }

    /// A publish whose caller waits.
    struct PendingPublish {
        var id: UInt64
        var continuation: CheckedContinuation<Result<PublishOutcome, RabbitMQError>, Never>
        /// When all of it was on the wire, or the broker lifted its block, whichever was later.
        var sentAt: ContinuousClock.Instant?
    }

    /// A channel and who waits for its end. Of reference type, for a dictionary hands its values out as copies, and these
    /// are large and changed at every frame.
    final class OpenChannel {
        var state: ChannelState
        var closeWaiters: [UInt64: CheckedContinuation<RabbitMQError, Never>] = [:]

        init(_ state: ChannelState) { self.state = state }
    }

    /// Something to send.
    enum Item {
        case command(Command)
        /// Whatever acknowledgements the channel has when this is sent.
        case acknowledgements
    }

    private nonisolated let thread: IOThread
    let configuration: ConnectionConfiguration
    private let onEvent: @Sendable (ConnectionEvent) -> Void
    var link: (any Link)?
    var life = ConnectionStateMachine(channelMaximum: 0)
    var channels: [UInt16: OpenChannel] = [:]
    /// Bounded by the requests, acknowledgements and unconfirmed publishes of our callers, each of which waits.
    var items: Deque<(Item, channel: UInt16)> = []
    var publishes: Deque<(OutgoingMessage, channel: UInt16, PendingPublish)> = []
    /// A body is on the wire in part, and nothing else may be sent before the rest.
    var isSendingBody = false
    /// The channel of the message that was sent last, or is being sent.
    var publishingChannel: UInt16 = 0
    private var nextID: UInt64 = 0
    /// Channels given up because the broker did not answer: it may still close them, and waits for our answer.
    var abandoned: Set<UInt16> = []
    private var closeWaiters: [UInt64: CheckedContinuation<RabbitMQError, Never>] = [:]
    /// When everything had been read that the broker had sent.
    private var lastRead = ContinuousClock.now
    /// When the library was asked for frames.
    var lastDrain = ContinuousClock.now
    /// Whether there was more than is read at a time.
    var hasMoreToRead = false
    private(set) var readWaiters: [CheckedContinuation<Void, Never>] = []

    private static let generations = NIOLockedValueBox<UInt64>(0)

    private init(
        _ configuration: ConnectionConfiguration,
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void
    ) throws(RabbitMQError) {
        self.configuration = configuration
        self.onEvent = onEvent
        address = configuration.address
        do {
            thread =
                if let thread = configuration.thread { thread } else {
                    try .forConnections(named: configuration.connectionName)
                }
        } catch {
            throw RabbitMQError(.unreachable, "\(error)")
        }
    }

    /// Connects and logs in.
    ///
    /// - Parameters:
    ///   - configuration: Where the broker is and who we are.
    ///   - onEvent: Told of what happens to the connection, on its thread: it must not wait.
    /// - Throws: ``RabbitMQError``: `unreachable` where nobody answers, `accessRefused` for a wrong user or password,
    ///   `virtualHostRefused`, `tlsFailed` where the broker can't be trusted, `protocolViolation` where something else
    ///   than a broker answers.
    public static func open(
        _ configuration: ConnectionConfiguration,
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in }
    ) async throws(RabbitMQError) -> Connection {
        let connection = try Connection(configuration, onEvent: onEvent)
        try await connection.start()
        return connection
    }

    /// Connects to the first of several brokers that lets us in.
    ///
    /// - Throws: ``RabbitMQError`` of the last, where none does.
    public static func open(
        anyOf endpoints: [ConnectionConfiguration],
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void = { _ in }
    ) async throws(RabbitMQError) -> Connection {
        var failure = RabbitMQError(.unreachable, "there is no broker to connect to")
        for endpoint in endpoints {
            do throws(RabbitMQError) {
                return try await open(endpoint, onEvent: onEvent)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func start() async throws(RabbitMQError) {
        let link = try await LinkOpening(of: configuration.connectionName).open(configuration)
        life = ConnectionStateMachine(channelMaximum: link.terms.channelMaximum)
        self.link = link
        // What came with the answer to the login is in the library's buffer, where no poll sees it.
        hasMoreToRead = true
        thread.attach(self)
        tell(.connected(address: address))
    }

    private var frameByteCount: Int { link?.terms.frameByteCount ?? 0 }

    func tell(_ event: ConnectionEvent) {
        onEvent(event)
    }

    private func makeID() -> UInt64 {
        nextID += 1
        return nextID
    }

    // MARK: - Life

    /// Why the connection is closed, or nil while it is open.
    public var closed: RabbitMQError? { life.closed }

    /// Whether the broker has asked us to stop publishing, because it is short of memory or disk.
    public var isBlockedByBroker: Bool { life.isBlocked }

    /// Publishes on the wire that the broker has not answered.
    package var unconfirmedCount: Int {
        channels.values.reduce(0) { $0 + ($1.state.confirms?.count ?? 0) }
    }

    /// Returns when the connection is gone, with the reason: ``RabbitMQError/Code/closedByUs`` after ``close()``; or with
    /// ``RabbitMQError/Code/cancelled`` when the calling task is cancelled.
    public func waitUntilClosed() async -> RabbitMQError {
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let error = closed ?? (Task.isCancelled ? Self.cancelledWait : nil) {
                    continuation.resume(returning: error)
                } else {
                    closeWaiters[id] = continuation
                }
            }
        } onCancel: {
            Task { await stopWaiting(id) }
        }
    }

    private static let cancelledWait = RabbitMQError(.cancelled, "the caller does not wait any more")

    private func stopWaiting(_ id: UInt64, for channel: UInt16? = nil) {
        let waiter =
            if let channel {
                channels[channel]?.closeWaiters.removeValue(forKey: id)
            } else {
                closeWaiters.removeValue(forKey: id)
            }
        waiter?.resume(returning: Self.cancelledWait)
    }

    /// Says goodbye and closes. What was not acknowledged goes back to its queue; publishes without an answer are in
    /// doubt. Returns after at most 5 s, whatever the broker does.
    public func close() async {
        switch life.close(deadline: .now + .seconds(5)) {
        case .nothing: return
        case .end(let error): end(error)
        case .sayGoodbye:
            // What was not sent yet would go out behind the goodbye.
            let unsent = RabbitMQError(.closedByUs, "the connection was closed before the message was sent")
            for (_, _, publish) in publishes { publish.continuation.resume(returning: .failure(unsent)) }
            publishes.removeAll()
            items.append((.command(.connectionClose), channel: 0))
            fallthrough
        case .wait:
            // Not cut short with the calling task: it ends by its deadline.
            _ = await withCheckedContinuation { continuation in
                if let closed {
                    continuation.resume(returning: closed)
                } else {
                    closeWaiters[makeID()] = continuation
                }
            }
        }
    }

    func end(_ error: RabbitMQError) {
        guard life.end(error) else { return }
        // No close request: on a broken connection it would only wait. The link frees what it has.
        link = nil
        for number in Array(channels.keys) { end(channel: number, error) }
        items.removeAll()
        for (_, _, publish) in publishes { publish.continuation.resume(returning: .failure(error)) }
        publishes.removeAll()
        for waiter in closeWaiters.values { waiter.resume(returning: error) }
        closeWaiters.removeAll()
        noteRead()
        thread.detach(self)
        tell(.closed(error))
    }

    // MARK: - Channels

    /// Opens a channel.
    ///
    /// - Throws: ``RabbitMQError``: `channelsExhausted` when every number of this connection has been used.
    public func openChannel() async throws(RabbitMQError) -> Channel {
        let number = try life.nextChannelNumber()
        let generation = ChannelGeneration(
            number: Self.generations.withLockedValue {
                $0 += 1; return $0
            }
        )
        channels[number] = OpenChannel(
            ChannelState(generation: generation, bodyLimit: configuration.maximumBodyByteCount)
        )
        let channel = Channel(connection: self, number: number, generation: generation)
        _ = try await request(.channelOpen, on: channel)
        return channel
    }

    func close(_ channel: Channel) async {
        let answer = await withCheckedContinuation { (waiter: Waiter) in
            guard enqueue(.channelClose, on: channel, waiter) else { return }
            channels[channel.number]?.state.close()
            // As where the block comes later. The broker reads nothing now, and its answer may be long in coming.
            if life.isBlocked { abandon(channel.number, Self.closedChannel) }
        }
        // Another close came first, or the channel has ended otherwise: it is closed enough.
        guard case .success = answer else { return }
        end(channel: channel.number, Self.closedChannel)
    }

    static let closedChannel = RabbitMQError(.closedByUs, "the channel was closed")

    /// Gives a channel up without waiting for the broker.
    func abandon(_ number: UInt16, _ error: RabbitMQError) {
        // What was acknowledged goes out before the close, as ever; the book of it ends here.
        fixAcknowledgements(of: number)
        abandoned.insert(number)
        // Not behind another close, which would end the connection.
        if channels[number]?.state.isClosing == false { items.append((.command(.channelClose), channel: number)) }
        end(channel: number, error)
    }

    /// Tells everybody who waits on this channel that it is gone.
    func end(channel number: UInt16, _ error: RabbitMQError) {
        guard let channel = channels.removeValue(forKey: number) else { return }
        let remains = channel.state.end(error)
        for waiter in remains.replies { waiter.resume(returning: .failure(error)) }
        for settled in remains.publishes { settled.context.continuation.resume(returning: .success(settled.outcome)) }
        for buffer in remains.consumers { buffer.discard(error) }
        for waiter in channel.closeWaiters.values { waiter.resume(returning: error) }
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter limit: How long to wait, after which the channel is given up; where there is none, the connection's
    ///   reply time-out, after which the connection is.
    func request(
        _ command: Command,
        on channel: Channel,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> Answer {
        try check(channel)
        try command.checkLimits(frameByteCount: frameByteCount)
        return try await withCheckedContinuation { enqueue(command, on: channel, within: limit, $0) }.get()
    }

    /// Sends a request that is answered by a method, as ``request(_:on:within:)``.
    func call(
        _ command: Command,
        on channel: Channel,
        within limit: Duration? = nil
    ) async throws(RabbitMQError) -> Method {
        switch try await request(command, on: channel, within: limit) {
        case .method(let method): return method
        case .message: throw RabbitMQError(.protocolViolation, "the broker answered with a message nobody asked for")
        }
    }

    /// Whether the channel is open by what the broker has said up to now. Where the thread has been kept from reading, as
    /// by a task that prefers it and writes to a full pipe, it reads first.
    func isOpen(_ channel: Channel) async -> Bool {
        // Again after each wait: others may have kept the thread between the reading and us.
        while !isUpToDate, closed == nil {
            await withCheckedContinuation { continuation in
                // Looked at again, as in `enqueue`: nobody reads any more for an ended connection.
                if closed == nil { readWaiters.append(continuation) } else { continuation.resume() }
            }
        }
        return (try? check(channel)) != nil
    }

    private var isUpToDate: Bool { .now - lastRead < Self.upToDateTime }
    private static let upToDateTime = Duration.seconds(1)

    /// Notes that everything was read that was there at a time: what comes while others of the thread are served is not.
    func noteRead(at time: ContinuousClock.Instant = .now) {
        lastRead = time
        for waiter in readWaiters { waiter.resume() }
        readWaiters.removeAll()
    }

    func waitUntilClosed(_ channel: Channel) async -> RabbitMQError {
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(RabbitMQError) {
                    try check(channel)
                    guard !Task.isCancelled else { throw Self.cancelledWait }
                    channels[channel.number]?.closeWaiters[id] = continuation
                } catch {
                    continuation.resume(returning: error)
                }
            }
        } onCancel: {
            Task { await stopWaiting(id, for: channel.number) }
        }
    }

    /// False where the waiter was refused.
    @discardableResult
    private func enqueue(
        _ command: Command,
        on channel: Channel,
        within limit: Duration? = nil,
        _ waiter: Waiter
    ) -> Bool {
        // Again, for the executor may have run others since the caller's check, although nothing seems to wait in between:
        // a task that does not prefer this thread is enqueued anew where it awaits a continuation.
        do throws(RabbitMQError) {
            try check(channel)
        } catch {
            waiter.resume(returning: .failure(error))
            return false
        }
        items.append((.command(command), channel: channel.number))
        channels[channel.number]?.state.requested(
            waiter,
            at: .now,
            within: limit ?? configuration.replyTimeout,
            silence: limit == nil ? .endsConnection : .endsChannel
        )
        return true
    }

    /// Throws unless the channel can be used.
    func check(_ channel: Channel) throws(RabbitMQError) {
        try life.checkOpen()
        guard channels[channel.number]?.state.isClosing == false else {
            throw RabbitMQError(.channelClosed, "channel \(channel.number) is closed")
        }
    }

    // MARK: - Publishing

    func enableConfirms(on channel: Channel) async throws(RabbitMQError) {
        try check(channel)
        guard channels[channel.number]?.state.isConfirming == false else { return }
        _ = try await request(.confirmSelect, on: channel)
        if channels[channel.number]?.state.isConfirming == false {
            channels[channel.number]?.state.confirms = ConfirmTracker()
        }
    }

    func publish(_ outgoing: OutgoingMessage, on channel: Channel) async throws(RabbitMQError) -> PublishOutcome {
        try check(channel)
        guard channels[channel.number]?.state.isConfirming == true else {
            throw RabbitMQError(.invalidArgument, "put the channel in confirm mode before publishing")
        }
        var outgoing = outgoing
        outgoing.headerByteCount = try outgoing.checkLimits(frameByteCount: frameByteCount)
        let id = makeID()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<PublishOutcome, RabbitMQError>, Never>) in
                // Looked at again, as in `enqueue`: nobody would answer what is put into the queue of an ended connection.
                do throws(RabbitMQError) {
                    try life.checkOpen()
                    guard !Task.isCancelled else { throw Self.cancelledPublish }
                    publishes.append((outgoing, channel: channel.number, .init(id: id, continuation: continuation)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            // Not a child of the cancelled task, which would be cancelled too; it ends with its one step.
            Task { await withdraw(publish: id, from: channel) }
        }.get()
    }

    private static let cancelledPublish = RabbitMQError(
        .cancelled,
        "the caller does not wait for the message any more"
    )

    /// Lets a cancelled caller go: with an error where nothing was sent, in doubt where it was.
    private func withdraw(publish id: UInt64, from channel: Channel) {
        if let index = publishes.firstIndex(where: { $0.2.id == id }) {
            publishes.remove(at: index).2.continuation.resume(returning: .failure(Self.cancelledPublish))
        } else if let sent = channels[channel.number]?.state.confirms?.withdraw({ $0.id == id }) {
            sent.continuation.resume(returning: .success(.inDoubt(Self.cancelledPublish)))
        }
    }
}
