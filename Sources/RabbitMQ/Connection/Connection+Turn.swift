internal import DequeModule

/// What the connection does on its thread at every wake-up: read, send, and look at the clock.
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
                descriptor: descriptor,
                wantsToWrite: mustWaitToWrite,
                timeoutMilliseconds: waitMilliseconds
            )
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
        for number in Array(channels.keys) {
            if let reply = channels[number]?.pendingReplies.first, reply.deadline < now {
                let error = RabbitMQError(.timeout, "the broker did not answer on channel \(number) in time")
                if reply.endsConnection { throw error }
                channels[number]?.end(error)
                channels[number] = nil
            }
            // While blocked the broker reads nothing from us, so silence means nothing.
            guard !isBlocked, (channels[number]?.confirms?.count ?? 0) > 0 else { continue }
            let limit = now - configuration.replyTimeout
            let overdue = channels[number]?.confirms?.withdrawOldest { ($0.sentAt ?? now) < limit } ?? []
            for publish in overdue {
                let error = RabbitMQError(.timeout, "the broker did not confirm within \(configuration.replyTimeout)")
                publish.continuation.resume(returning: .success(.inDoubt(error)))
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
            } else if let (outgoing, number, publish) = publishes.popFirst() {
                try send(outgoing, number, publish)
            }
        }
        return false
    }

    private func send(
        _ outgoing: OutgoingMessage,
        _ number: UInt16,
        _ publish: ChannelState.PendingPublish
    ) throws(RabbitMQError) {
        guard channels[number]?.confirms != nil, channels[number]?.isClosing == false else {
            let error = RabbitMQError(.channelClosed, "channel \(number) closed before the message was sent")
            publish.continuation.resume(returning: .failure(error))
            return
        }
        var publish = publish
        publish.sentAt = .now
        let key = ConfirmTracker<ChannelState.PendingPublish>.ReturnKey(
            exchange: outgoing.exchange,
            routingKey: outgoing.routingKey,
            outgoing.message.properties
        )
        // Noted first: if sending fails half-way the broker may still have all of it, so it is in doubt.
        channels[number]?.confirms?.published(publish, returnKey: outgoing.isMandatory ? key : nil)
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
            for number in channels.keys { channels[number]?.confirms?.updateAll { $0.sentAt = .now } }
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
                .consumerCancelled,
                "the broker cancelled consumer \"\(consumerTag)\"; its queue was probably deleted"
            )
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
                throw RabbitMQError(
                    .protocolViolation,
                    "an answer nobody asked for came on channel \(number): \(method)"
                )
            }
            reply.continuation.resume(returning: .success(method))
        }
    }

    private func settle(
        _ settled: [ConfirmTracker<ChannelState.PendingPublish>.Settled]?,
        _ number: UInt16
    ) {
        guard let settled, !settled.isEmpty else { return }
        for publish in settled { publish.context.continuation.resume(returning: .success(publish.outcome)) }
    }

    private func receive(_ complete: MessageAssembly.Complete, _ number: UInt16) {
        switch complete.start {
        case .returned(let returned):
            let key = ConfirmTracker<ChannelState.PendingPublish>.ReturnKey(
                exchange: returned.exchange,
                routingKey: returned.routingKey,
                complete.properties
            )
            _ = channels[number]?.confirms?.returned(key, reason: returned.reason)
        case .deliver(let deliver):
            // Read out piece by piece: a copy of the channel held here would make the ledger copy itself to change.
            guard let generation = channels[number]?.generation else { return }
            let buffer = channels[number]?.consumers[deliver.consumerTag]
            // What the broker settles as it sends is not on the books: acknowledging it would close the channel (406).
            if buffer?.mode != .automaticAcknowledgement {
                channels[number]?.ledger.delivered(deliver.deliveryTag)
            }
            let delivery = Delivery(
                message: Message(properties: complete.properties, body: complete.body),
                bodyByteCount: complete.bodyByteCount,
                generation: generation,
                deliveryTag: deliver.deliveryTag,
                isRedelivered: deliver.isRedelivered,
                exchange: deliver.exchange,
                routingKey: deliver.routingKey,
                consumerTag: deliver.consumerTag
            )
            // A consumer we have just cancelled has no buffer: its delivery stays unsettled until the channel closes.
            buffer?.append(delivery)
        }
    }
}
