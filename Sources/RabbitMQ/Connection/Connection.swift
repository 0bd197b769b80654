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
    private let configuration: ConnectionConfiguration
    private var handle: LibraryHandle?
    private var channels: [UInt16: ChannelState] = [:]
    /// Numbers are not used again: frames of a closed channel may still be under way, and would be taken for the new one's.
    private var nextChannelNumber: UInt16 = 1
    /// Bounded by the requests, acknowledgements and unconfirmed publishes of our callers, each of which waits.
    private var commands: Deque<(Command, channel: UInt16)> = []
    private var publishes: Deque<(OutgoingMessage, channel: UInt16, ChannelState.PublishContinuation)> = []
    private var isBlocked = false
    private var closeDeadline: ContinuousClock.Instant?
    private var closeReason: RabbitMQError?
    private var closeWaiters: [CheckedContinuation<RabbitMQError, Never>] = []

    /// RabbitMQ's own limit of channels on a connection.
    private static let channelMaximum: UInt16 = 2047
    private static let generations = NIOLockedValueBox<UInt64>(0)

    private init(_ configuration: ConnectionConfiguration) {
        self.configuration = configuration
        address = configuration.address
        thread = IOThread(name: configuration.connectionName)
    }

    /// Connects and logs in.
    ///
    /// - Throws: ``RabbitMQError``: `unreachable` where nobody answers, `accessRefused` for a wrong user or password,
    ///   `virtualHostRefused`, `protocolViolation` where something else than a broker answers.
    public static func open(_ configuration: ConnectionConfiguration) async throws(RabbitMQError) -> Connection {
        let connection = Connection(configuration)
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

    /// Returns when the connection is gone, with the reason; ``RabbitMQError/Code/closedByUs`` after ``close()``.
    public func waitUntilClosed() async -> RabbitMQError {
        if let closeReason { return closeReason }
        return await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Says goodbye and closes. What was not acknowledged goes back to its queue; publishes without an answer are in
    /// doubt. Returns after at most 5 s, whatever the broker does.
    public func close() async {
        guard closeReason == nil else { return }
        if closeDeadline == nil {
            closeDeadline = .now + .seconds(5)
            commands.append((.connectionClose, channel: 0))
        }
        _ = await waitUntilClosed()
    }

    private func end(_ error: RabbitMQError) {
        guard closeReason == nil else { return }
        closeReason = error
        // No close request: on a broken connection it would only wait. The library frees what it has.
        handle = nil
        for number in channels.keys { channels[number]?.end(error) }
        channels.removeAll()
        commands.removeAll()
        for (_, _, continuation) in publishes { continuation.resume(returning: .failure(error)) }
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
            throw RabbitMQError(.invalidArgument, "all \(Self.channelMaximum) channel numbers of this connection are used")
        }
        let number = nextChannelNumber
        nextChannelNumber += 1
        let generation = ChannelGeneration(number: Self.generations.withLockedValue { $0 += 1; return $0 })
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
    func request(_ command: Command, on channel: Channel) async throws(RabbitMQError) -> Method {
        _ = try state(of: channel)
        return try await withCheckedContinuation { continuation in
            enqueue(command, on: channel, continuation)
        }.get()
    }

    private func enqueue(
        _ command: Command,
        on channel: Channel,
        _ continuation: CheckedContinuation<Result<Method, RabbitMQError>, Never>
    ) {
        commands.append((command, channel: channel.number))
        channels[channel.number]?.pendingReplies.append(
            .init(continuation: continuation, deadline: .now + configuration.replyTimeout))
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
            throw RabbitMQError(.invalidArgument, "set a prefetch before consuming: nothing else limits what the broker sends")
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
        return try await withCheckedContinuation { continuation in
            publishes.append((outgoing, channel: channel.number, continuation))
        }.get()
    }

    func settle(_ delivery: Delivery, by command: Command, on channel: Channel) throws(RabbitMQError) {
        guard closeReason == nil, let current = channels[channel.number], !current.isClosing,
            delivery.generation == current.generation
        else { throw RabbitMQError(.staleDelivery, "delivery \(delivery.deliveryTag) came over a channel that is gone") }
        guard channels[channel.number]?.ledger.settle(delivery.deliveryTag) == true else {
            throw RabbitMQError(.alreadySettled, "delivery \(delivery.deliveryTag) was settled before")
        }
        commands.append((command, channel: channel.number))
    }
}

// MARK: - The thread's side

extension Connection: IOThread.Client {
    nonisolated func turn() -> IOThread.Wait {
        assumeIsolated { $0.work() }
    }

    /// Reads what is there, sends what can be sent, and says what to wait for.
    private func work() -> IOThread.Wait {
        do {
            var mustWaitToWrite = false
            repeat {
                try drain()
                mustWaitToWrite = try flush()
                // Sending a batch may have taken a while: read before sending more, so that a dead peer shows there.
            } while !mustWaitToWrite && handle != nil && hasSomethingToSend
            try checkDeadlines()
            guard let descriptor = handle?.descriptor else { return .forJobsOnly }
            return IOThread.Wait(
                descriptor: descriptor, wantsToWrite: mustWaitToWrite, timeoutMilliseconds: waitMilliseconds)
        } catch {
            end(error)
            return .forJobsOnly
        }
    }

    private var hasSomethingToSend: Bool {
        !commands.isEmpty || (!publishes.isEmpty && !isBlocked)
    }

    /// Half a heartbeat, so that the library can send its own in time; a second while answers are due.
    private var waitMilliseconds: Int32 {
        let halfHeartbeat = Int32(handle?.heartbeatSeconds ?? 1) * 500
        let hasDeadlines =
            closeDeadline != nil
            || channels.values.contains { !$0.pendingReplies.isEmpty || ($0.confirms?.count ?? 0) > 0 }
        return hasDeadlines ? min(halfHeartbeat, 1000) : halfHeartbeat
    }

    private func checkDeadlines() throws(RabbitMQError) {
        let now = ContinuousClock.now
        if let closeDeadline, closeDeadline < now {
            throw RabbitMQError(.closedByUs, "the broker did not answer our close")
        }
        for (number, channel) in channels {
            if let reply = channel.pendingReplies.first, reply.deadline < now {
                throw RabbitMQError(
                    .timeout, "the broker did not answer on channel \(number) within \(configuration.replyTimeout)")
            }
            // While blocked the broker reads nothing from us, so silence means nothing.
            if !isBlocked, (channel.confirms?.count ?? 0) > 0, let progress = channel.confirmProgress,
                progress + configuration.replyTimeout < now
            {
                throw RabbitMQError(
                    .timeout, "the broker confirmed nothing on channel \(number) for \(configuration.replyTimeout)")
            }
        }
    }

    private func drain() throws(RabbitMQError) {
        while let frame = try handle?.nextFrame() { try receive(frame) }
    }

    /// Sends until nothing is left, a batch is done, or the socket is full; then returns true.
    private func flush() throws(RabbitMQError) -> Bool {
        for _ in 0..<64 {
            guard hasSomethingToSend, handle != nil else { return false }
            guard handle?.isWritable == true else { return true }
            if let (command, number) = commands.popFirst() {
                try handle?.send(command, channel: number)
                if case .connectionCloseOk = command {
                    throw closeReason ?? RabbitMQError(.closedByBroker, "the broker closed the connection")
                }
            } else if let (outgoing, number, continuation) = publishes.popFirst() {
                try send(outgoing, number, continuation)
            }
        }
        return false
    }

    private func send(
        _ outgoing: OutgoingMessage,
        _ number: UInt16,
        _ continuation: ChannelState.PublishContinuation
    ) throws(RabbitMQError) {
        guard channels[number]?.confirms != nil, channels[number]?.isClosing == false else {
            let error = RabbitMQError(.channelClosed, "channel \(number) closed before the message was sent")
            continuation.resume(returning: .failure(error))
            return
        }
        if channels[number]?.confirms?.count == 0 { channels[number]?.confirmProgress = .now }
        let properties = outgoing.message.properties
        let key = ConfirmTracker<ChannelState.PublishContinuation>.ReturnKey(
            exchange: outgoing.exchange, routingKey: outgoing.routingKey, messageID: properties.messageID,
            correlationID: properties.correlationID)
        // Noted first: if sending fails half-way the broker may still have all of it, so it is in doubt.
        channels[number]?.confirms?.published(continuation, returnKey: outgoing.isMandatory ? key : nil)
        try handle?.send(.publish(outgoing), channel: number)
    }

    private func receive(_ frame: Frame) throws(RabbitMQError) {
        switch frame {
        case .ignored: break
        case .method(channel: 0, let method): try receiveForConnection(method)
        case .method(let number, let method): try receive(method, number)
        case .header(let number, let bodySize, let properties):
            guard channels[number] != nil else { break }
            let complete = try orEnd { () throws(MessageAssembly.Violation) in
                try channels[number]?.assembly.header(bodySize: bodySize, properties)
            }
            if let complete { receive(complete, number) }
        case .body(let number, let bytes):
            guard channels[number] != nil else { break }
            let complete = try orEnd { () throws(MessageAssembly.Violation) in
                try channels[number]?.assembly.body(bytes)
            }
            if let complete { receive(complete, number) }
        }
    }

    private func orEnd<Value>(
        _ body: () throws(MessageAssembly.Violation) -> Value
    ) throws(RabbitMQError) -> Value {
        do {
            return try body()
        } catch {
            switch error {
            case .unexpectedFrame(let words): throw RabbitMQError(.protocolViolation, words)
            case .tooLarge(let byteCount, let limit):
                throw RabbitMQError(
                    .protocolViolation, "a message of \(byteCount) bytes came, and at most \(limit) are taken")
            }
        }
    }

    private func receiveForConnection(_ method: Method) throws(RabbitMQError) {
        switch method {
        case .connectionClose(let reason):
            let error = RabbitMQError(.closedByBroker, reason.text, replyCode: reason.code)
            // Best effort: the socket may be gone already, and the reason is what counts.
            if handle?.isWritable == true { try? handle?.send(.connectionCloseOk, channel: 0) }
            throw error
        case .connectionCloseOk:
            throw RabbitMQError(.closedByUs, "closed")
        case .connectionBlocked:
            isBlocked = true
        case .connectionUnblocked:
            isBlocked = false
            for number in channels.keys { channels[number]?.confirmProgress = .now }
        default:
            throw RabbitMQError(.protocolViolation, "an unexpected method came on channel 0: \(method)")
        }
    }

    private func receive(_ method: Method, _ number: UInt16) throws(RabbitMQError) {
        // A channel we have given up: RabbitMQ may still write to a channel that it has closed.
        guard channels[number] != nil else { return }
        switch method {
        case .basicDeliver(let deliver):
            try orEnd { () throws(MessageAssembly.Violation) in
                try channels[number]?.assembly.begin(.deliver(deliver))
            }
        case .basicReturn(let returned):
            try orEnd { () throws(MessageAssembly.Violation) in
                try channels[number]?.assembly.begin(.returned(returned))
            }
        case .basicAck(let tag, let throughTag):
            settle(channels[number]?.confirms?.acknowledged(tag, throughTag: throughTag), number)
        case .basicNack(let tag, let throughTag):
            settle(channels[number]?.confirms?.refused(tag, throughTag: throughTag), number)
        case .basicCancel(let consumerTag):
            let error = RabbitMQError(
                .consumerCancelled, "the broker cancelled consumer \"\(consumerTag)\"; its queue was probably deleted")
            channels[number]?.consumers.removeValue(forKey: consumerTag)?.finish(error)
        case .channelClose(let reason):
            // The library never answers a close by itself, and the broker repeats it until somebody does.
            commands.append((.channelCloseOk, channel: number))
            channels[number]?.end(RabbitMQError(.channelClosed, reason.text, replyCode: reason.code))
            channels[number] = nil
        case .unknown(let id):
            throw RabbitMQError(.protocolViolation, "an unknown method (id \(id)) came on channel \(number)")
        default:
            guard let reply = channels[number]?.pendingReplies.popFirst() else {
                throw RabbitMQError(.protocolViolation, "an answer nobody asked for came on channel \(number): \(method)")
            }
            reply.continuation.resume(returning: .success(method))
        }
    }

    private func settle(
        _ settled: [ConfirmTracker<ChannelState.PublishContinuation>.Settled]?,
        _ number: UInt16
    ) {
        guard let settled, !settled.isEmpty else { return }
        channels[number]?.confirmProgress = .now
        for publish in settled { publish.context.resume(returning: .success(publish.outcome)) }
    }

    private func receive(_ complete: MessageAssembly.Complete, _ number: UInt16) {
        switch complete.start {
        case .returned(let returned):
            let properties = complete.properties
            _ = channels[number]?.confirms?.returned(
                .init(
                    exchange: returned.exchange, routingKey: returned.routingKey, messageID: properties.messageID,
                    correlationID: properties.correlationID),
                reason: returned.reason)
        case .deliver(let deliver):
            guard let channel = channels[number] else { return }
            // What the broker settles as it sends is not on the books: acknowledging it would close the channel (406).
            if channel.consumers[deliver.consumerTag]?.mode != .automaticAcknowledgement {
                channels[number]?.ledger.delivered(deliver.deliveryTag)
            }
            let delivery = Delivery(
                message: Message(properties: complete.properties, body: complete.body),
                generation: channel.generation, deliveryTag: deliver.deliveryTag,
                isRedelivered: deliver.isRedelivered, exchange: deliver.exchange, routingKey: deliver.routingKey,
                consumerTag: deliver.consumerTag)
            // A consumer we have just cancelled has no buffer: its delivery stays unsettled until the channel closes.
            channel.consumers[deliver.consumerTag]?.append(delivery)
        }
    }
}
