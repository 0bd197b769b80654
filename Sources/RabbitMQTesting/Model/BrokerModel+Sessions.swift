internal import DequeModule
import RabbitMQ

/// Connections and channels: how they begin and end.
extension BrokerModel {
    /// Lets a connection in.
    ///
    /// - Throws: ``RabbitMQError`` as a login over a socket: `unreachable` while the broker is stopped,
    ///   `virtualHostRefused` for any but `/`, or what logins are refused with.
    mutating func open(user: String, virtualHost: String) throws(RabbitMQError) -> SessionID {
        guard isRunning else { throw RabbitMQError(.unreachable, "the in-memory broker is stopped") }
        if let loginRefusal {
            let replyCodes: [RabbitMQError.Code: UInt16] = [.accessRefused: 403, .virtualHostRefused: 530]
            let message = "the in-memory broker refuses logins"
            throw RabbitMQError(loginRefusal, message, replyCode: replyCodes[loginRefusal])
        }
        guard virtualHost == "/" else {
            throw RabbitMQError(
                .virtualHostRefused,
                "NOT_ALLOWED - vhost \(virtualHost) not found",
                replyCode: 530
            )
        }
        let id = SessionID(number: makeNumber())
        sessions[id] = Session(user: user)
        return id
    }

    /// The connections that are open, as the broker sees it.
    var openSessions: [SessionID] {
        sessions.filter { $0.value.state == .open }.keys.sorted { $0.number < $1.number }
    }

    /// A connection has gone without a goodbye, or after the broker's.
    mutating func lost(_ id: SessionID) {
        end(id)
        sessions[id] = nil
    }

    /// Says goodbye to a connection.
    mutating func close(_ id: SessionID, _ reason: Method.CloseReason) {
        end(id)
        sessions[id]?.state = .closing
        send(.connectionClose(reason), 0, to: id)
    }

    /// Cuts a connection: it reads nothing any more.
    mutating func cut(_ id: SessionID) {
        end(id)
        sessions[id]?.outbox.removeAll()
        sessions[id]?.state = .over
        awake(id)
    }

    /// Takes everything from a connection that has ended: its channels, and the queues that are its own.
    private mutating func end(_ id: SessionID) {
        let channels = (sessions[id]?.channels ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        // First of all: nothing that is put back may be handed to this connection again.
        for consumer in channels.flatMap(\.consumers.values) { remove(consumer) }
        sessions[id]?.channels.removeAll()
        for channel in channels { putBack(channel.unacknowledged, isRequeue: false) }
        sessions[id]?.unread.removeAll()
        for (name, queue) in queues where queue.owner == id { delete(queue: name) }
    }

    /// Ends a channel's consumers, and puts back what it held.
    private mutating func end(channel number: UInt16, of id: SessionID) {
        guard let channel = sessions[id]?.channels[number] else { return }
        for consumer in channel.consumers.values { remove(consumer) }
        sessions[id]?.channels[number]?.unacknowledged.removeAll()
        putBack(channel.unacknowledged, isRequeue: false)
    }

    /// Closes a channel with a reason; what it had to tell of publishes is lost, as on a real node.
    mutating func close(channel number: UInt16, of id: SessionID, code: UInt16, _ text: String) {
        end(channel: number, of: id)
        sessions[id]?.channels[number] = ServerChannel()
        sessions[id]?.channels[number]?.isClosing = true
        send(.channelClose(Method.CloseReason(code: code, text: text)), number, to: id)
    }

    // MARK: - Commands in

    /// Takes a command of a connection.
    mutating func receive(_ command: Command, channel number: UInt16, from id: SessionID) {
        guard let session = sessions[id] else { return }
        switch session.state {
        case .over: return
        case .closing:
            if case .connectionCloseOk = command { sessions[id]?.state = .over }
            return
        case .open: break
        }
        if !session.isBlocked, let alarm, case .basicPublish = command {
            sessions[id]?.isBlocked = true
            send(.connectionBlocked(reason: alarm), 0, to: id)
        }
        guard sessions[id]?.isBlocked == false else {
            sessions[id]?.unread.append((command, channel: number))
            return
        }
        do {
            try read(command, number, id)
        } catch {
            switch error.scope {
            case .channel: close(channel: number, of: id, code: error.code, error.text)
            case .connection: close(id, Method.CloseReason(code: error.code, text: error.text))
            }
        }
    }

    private mutating func read(_ command: Command, _ number: UInt16, _ id: SessionID) throws(Refusal) {
        switch command {
        case .connectionClose:
            end(id)
            sessions[id]?.state = .over
            send(.connectionCloseOk, 0, to: id)
        case .connectionCloseOk:
            break
        case .channelOpen:
            guard sessions[id]?.channels[number] == nil else {
                throw .connectionError(504, "CHANNEL_ERROR - second 'channel.open' seen")
            }
            sessions[id]?.channels[number] = ServerChannel()
            send(.channelOpenOk, number, to: id)
        default:
            guard let channel = sessions[id]?.channels[number] else {
                throw .connectionError(504, "CHANNEL_ERROR - expected 'channel.open'")
            }
            switch command {
            case .channelClose where channel.isClosing:
                // Both close at once: each is answered, and this one waits for its own answer.
                send(.channelCloseOk, number, to: id)
            case .channelClose:
                if !areConfirmsHeld { tellConfirms(of: id) }
                end(channel: number, of: id)
                sessions[id]?.channels[number] = nil
                send(.channelCloseOk, number, to: id)
            case .channelCloseOk:
                if channel.isClosing { sessions[id]?.channels[number] = nil }
            default:
                if !channel.isClosing { try perform(command, number, id) }
            }
        }
    }

    // MARK: - Alarms

    /// Reads what came while publishing was blocked.
    mutating func unblock() {
        alarm = nil
        for id in openSessions where sessions[id]?.isBlocked == true {
            sessions[id]?.isBlocked = false
            send(.connectionUnblocked, 0, to: id)
            while let (command, number) = sessions[id]?.unread.popFirst() {
                receive(command, channel: number, from: id)
            }
        }
    }

    // MARK: - Restarts

    /// Stops the node: says goodbye to everybody, and forgets what it does not keep on disk.
    mutating func stop() {
        guard isRunning else { return }
        isRunning = false
        // Before anything is put back: nobody is left to take it.
        for id in Array(consumers.keys) { remove(id) }
        let text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"
        for id in openSessions { close(id, Method.CloseReason(code: 320, text: text)) }
        alarm = nil
        for (name, queue) in queues {
            if queue.declaration.isDurable { queues[name]?.restart() } else { delete(queue: name) }
        }
        for (name, exchange) in exchanges where !exchange.declaration.isDurable { exchanges[name] = nil }
    }
}
