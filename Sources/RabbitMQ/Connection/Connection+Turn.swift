internal import DequeModule
internal import IOLoop

/// What the connection does on its thread at every wake-up: read, send, and look at the clock.
extension Connection: IOThread.Client {
    nonisolated func receive(isReady: Bool, at time: ContinuousClock.Instant) {
        assumeIsolated { $0.read(isReady: isReady, at: time) }
    }

    nonisolated func flush() -> IOThread.Wait {
        assumeIsolated { $0.write() }
    }

    /// How long the library goes unasked at most: what it does by itself, heartbeats, it does when it is asked for frames.
    private static let longestSilence = Duration.milliseconds(250)

    private func read(isReady: Bool, at time: ContinuousClock.Instant) {
        guard isReady || hasMoreToRead || time - lastDrain > Self.longestSilence else { return noteRead(at: time) }
        do {
            try drain()
            if !hasMoreToRead { noteRead(at: lastDrain) }
        } catch {
            end(lastWord(after: error))
        }
    }

    /// Sends what can be sent, and says what to wait for.
    private func write() -> IOThread.Wait {
        do {
            // A job may have kept the thread: what came meanwhile is read before anything is called late.
            if .now - lastDrain > Self.longestSilence { try drain() }
            var mustWaitToWrite = try send()
            // Sending a batch may have taken a while: read before sending more, so that a dead peer shows there.
            while !mustWaitToWrite, !hasMoreToRead, link != nil, hasSomethingToSend {
                try drain()
                mustWaitToWrite = try send()
            }
            try checkDeadlines()
            guard let descriptor = link?.descriptor else { return .forJobsOnly }
            return IOThread.Wait(
                descriptor: descriptor,
                wantsToWrite: mustWaitToWrite,
                timeoutMilliseconds: hasMoreToRead || !readWaiters.isEmpty ? 0 : waitMilliseconds
            )
        } catch {
            end(lastWord(after: error))
            return .forJobsOnly
        }
    }

    /// Why the broker closed the connection, where it has said so before the socket broke under something we sent.
    private func lastWord(after error: RabbitMQError) -> RabbitMQError {
        guard error.code == .connectionLost, let link else { return error }
        while let frame = try? link.nextFrame() {
            if case .method(channel: 0, .connectionClose(let reason)) = frame {
                return RabbitMQError(.closedByBroker, reason.text, replyCode: reason.code)
            }
        }
        return error
    }

    private var hasSomethingToSend: Bool {
        isSendingBody || !items.isEmpty || (!publishes.isEmpty && !life.isBlocked)
    }

    /// Half a heartbeat since the link was last asked, so that it can send its own in time; a second while answers are due.
    private var waitMilliseconds: Int32 {
        let heartbeatSeconds = link?.terms.heartbeatSeconds ?? 0
        let passed = (ContinuousClock.now - lastDrain) / .milliseconds(1)
        let halfHeartbeat = heartbeatSeconds > 0 ? Int32(max(0, Double(heartbeatSeconds) * 500 - passed)) : 30_000
        if life.isClosing { return 100 }
        let hasDeadlines = channels.values.contains { $0.state.hasDeadlines }
        return hasDeadlines ? min(halfHeartbeat, 1000) : halfHeartbeat
    }

    private func checkDeadlines() throws(RabbitMQError) {
        let now = ContinuousClock.now
        try life.check(now)
        // While blocked the broker reads nothing from us, so silence means nothing.
        guard !life.isBlocked else { return }
        for number in Array(channels.keys) {
            if let silence = channels[number]?.state.overdueReply(now) {
                let error = RabbitMQError(.timeout, "the broker did not answer on channel \(number) in time")
                if silence == .endsConnection { throw error }
                abandon(number, error)
            }
            guard (channels[number]?.state.confirms?.count ?? 0) > 0 else { continue }
            let limit = now - configuration.replyTimeout
            let overdue = channels[number]?.state.confirms?.withdrawOldest { ($0.sentAt ?? now) < limit } ?? []
            for publish in overdue {
                let error = RabbitMQError(.timeout, "the broker did not confirm within \(configuration.replyTimeout)")
                publish.continuation.resume(returning: .success(.inDoubt(error)))
            }
        }
    }

    // MARK: - Sending

    /// Sends until nothing is left, a batch is done, or the socket is full; then returns true.
    private func send() throws(RabbitMQError) -> Bool {
        let isBatch = items.count + publishes.count > 1
        if isBatch { link?.gather(true) }
        defer { if isBatch { link?.gather(false) } }
        for _ in 0..<64 {
            guard let link, hasSomethingToSend else { return false }
            guard link.isWritable else { return true }
            if isSendingBody {
                guard try link.sendMore() else { continue }
                isSendingBody = false
                bodySent(at: .now)
            } else if let (item, number) = items.popFirst() {
                switch item {
                case .command(let command): _ = try link.send(command, channel: number)
                case .acknowledgements:
                    for command in takeAcknowledgements(of: number).reversed() {
                        items.prepend((.command(command), channel: number))
                    }
                }
            } else if let (outgoing, number, publish) = publishes.popFirst() {
                try send(outgoing, number, publish, over: link)
            }
        }
        return false
    }

    private func send(
        _ outgoing: OutgoingMessage,
        _ number: UInt16,
        _ publish: PendingPublish,
        over link: any Link
    ) throws(RabbitMQError) {
        guard channels[number]?.state.isConfirming == true, channels[number]?.state.isClosing == false else {
            let error = RabbitMQError(.channelClosed, "channel \(number) closed before the message was sent")
            publish.continuation.resume(returning: .failure(error))
            return
        }
        var publish = publish
        publish.sentAt = .now
        let key = ConfirmTracker<PendingPublish>.ReturnKey(
            exchange: outgoing.exchange,
            routingKey: outgoing.routingKey,
            outgoing.message.properties
        )
        // Noted first: if sending fails half-way the broker may still have all of it, so it is in doubt.
        channels[number]?.state.confirms?.published(publish, returnKey: outgoing.isMandatory ? key : nil)
        publishingChannel = number
        isSendingBody = !(try link.send(.basicPublish(outgoing), channel: number))
        if isSendingBody { bodySent(at: nil) }
    }

    /// The broker's time to confirm begins when it can have all of the message.
    private func bodySent(at time: ContinuousClock.Instant?) {
        channels[publishingChannel]?.state.confirms?.updateLast { $0.sentAt = time }
    }

    // MARK: - Receiving

    /// Reads what is there, but not for ever: a broker that sends faster than we read must not keep the thread from
    /// everything else.
    private func drain() throws(RabbitMQError) {
        lastDrain = .now
        for _ in 0..<1000 {
            guard let frame = try link?.nextFrame() else {
                hasMoreToRead = false
                return
            }
            try receive(frame)
        }
        hasMoreToRead = true
    }

    private func receive(_ frame: Frame) throws(RabbitMQError) {
        switch frame {
        case .ignored: break
        case .method(channel: 0, let method): try receive(method)
        // Frames of a channel we have given up go nowhere: RabbitMQ may still write to one that it has closed.
        case .method(let number, let method):
            if let action = try channels[number]?.state.received(method) {
                perform(action, number)
            } else if case .channelClose = method, abandoned.remove(number) != nil {
                items.append((.command(.channelCloseOk), channel: number))
            } else if method == .channelCloseOk {
                abandoned.remove(number)
            }
        case .header(let number, let bodySize, let properties):
            let action = try channels[number]?.state.receivedHeader(bodySize: bodySize, properties)
            if let action { perform(action, number) }
        case .body(let number, let bytes):
            if let action = try channels[number]?.state.receivedBody(bytes) { perform(action, number) }
        }
    }

    /// Takes a method on channel 0.
    private func receive(_ method: Method) throws(RabbitMQError) {
        switch try life.received(method) {
        case .blocked(let reason):
            link?.blocked(true)
            // The answer to a close may be long in coming now.
            for (number, channel) in channels where channel.state.isClosing { abandon(number, Self.closedChannel) }
            tell(.blocked(reason: reason))
        case .unblocked:
            link?.blocked(false)
            for channel in channels.values {
                channel.state.restartDeadlines(.now)
                channel.state.confirms?.updateAll { $0.sentAt = $0.sentAt.map { _ in .now } }
            }
            tell(.unblocked)
        case .end(let error, let answersClose):
            // Best effort: the socket may be gone already, and the reason is what counts.
            if answersClose, !isSendingBody, let link, link.isWritable {
                _ = try? link.send(.connectionCloseOk, channel: 0)
            }
            throw error
        }
    }

    private func perform(_ action: ChannelState.Action, _ number: UInt16) {
        switch action {
        case .nothing: break
        case .answer(let waiter, let method): waiter.resume(returning: .success(.method(method)))
        case .answerWithMessage(let waiter, let got, let complete):
            waiter.resume(returning: .success(.message(got, complete)))
        case .settled(let publishes):
            for publish in publishes { publish.context.continuation.resume(returning: .success(publish.outcome)) }
        case .deliver(let buffer, let deliver, let complete):
            guard let generation = channels[number]?.state.generation else { break }
            buffer.append(
                Delivery(
                    message: Message(properties: complete.properties, body: complete.body),
                    bodyByteCount: complete.bodyByteCount,
                    channel: Channel(connection: self, number: number, generation: generation),
                    deliveryTag: deliver.deliveryTag,
                    isRedelivered: deliver.isRedelivered,
                    exchange: deliver.exchange,
                    routingKey: deliver.routingKey,
                    consumerTag: deliver.consumerTag
                )
            )
        case .cancelled(let buffer, let consumer):
            buffer.finish(
                RabbitMQError(
                    .consumerCancelled,
                    "the broker cancelled consumer \"\(consumer.consumerTag)\"; queue \"\(consumer.queue)\" was probably deleted"
                )
            )
            tell(.consumerCancelled(consumer))
        case .closed(let error):
            // The library never answers a close by itself, and the broker repeats it until somebody does.
            items.append((.command(.channelCloseOk), channel: number))
            end(channel: number, error)
            tell(error.isAcknowledgementTimeout ? .acknowledgementTimedOut(error) : .channelClosed(error))
        }
    }
}
