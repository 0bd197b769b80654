internal import CRabbitMQ

/// The link over librabbitmq: a socket, with or without TLS, that a watchdog keeps from holding its thread.
final class LibraryLink: Link {
    let terms: ConnectionTerms
    private var handle: LibraryHandle
    private var unsent: UnsentBody?
    /// Bytes that may be sent before the socket is asked again, so that a batch of small frames asks once.
    private var room = 0
    private let heartbeat: Duration
    private let watch: Watchdog.Watch

    /// Connects and logs in.
    ///
    /// - Throws: ``RabbitMQError``, as ``Connection/open(_:onEvent:)``.
    init(_ configuration: ConnectionConfiguration) throws(RabbitMQError) {
        var handle = try LibraryHandle()
        try handle.open(configuration)
        let channelMaximum = unsafe amqp_get_channel_max(handle.connection)
        terms = ConnectionTerms(
            frameByteCount: handle.frameByteCount,
            heartbeatSeconds: handle.heartbeatSeconds,
            // 0 leaves it open, and numbers have 16 bits.
            channelMaximum: channelMaximum > 0 ? UInt16(clamping: channelMaximum) : .max
        )
        heartbeat = .seconds(max(1, handle.heartbeatSeconds))
        watch = try Watchdog.shared.watch(handle.descriptor, limit: heartbeat * 2)
        self.handle = handle
        blocked(false)
    }

    deinit {
        Watchdog.shared.end(watch)
    }

    var descriptor: Int32 { handle.descriptor }

    /// What the socket promised holds until it is used up: nobody else writes to it.
    var isWritable: Bool {
        if room <= 0, handle.isWritable { room = LibraryHandle.pieceByteCount }
        return room > 0
    }

    func nextFrame() throws(RabbitMQError) -> Frame? {
        watch.enter()
        defer { watch.leave() }
        do {
            return try handle.nextFrame()
        } catch {
            throw explained(error)
        }
    }

    func send(_ command: Command, channel: UInt16) throws(RabbitMQError) -> Bool {
        watch.enter()
        defer { watch.leave() }
        room -= Self.estimatedByteCount(of: command)
        do {
            unsent = try handle.send(command, channel: channel)
        } catch {
            throw explained(error)
        }
        return unsent == nil
    }

    func sendMore() throws(RabbitMQError) -> Bool {
        guard let unsent else { return true }
        watch.enter()
        defer { watch.leave() }
        room = 0
        do {
            self.unsent = try handle.send(unsent)
        } catch {
            throw explained(error)
        }
        return self.unsent == nil
    }

    /// A blocked broker reads nothing, so what we sent before may stay unacknowledged for as long as it likes; the kernel
    /// must not end the connection for that.
    func blocked(_ isBlocked: Bool) {
        handle.setUserTimeout(isBlocked ? .zero : heartbeat * 3)
    }

    /// Methods are small: the arguments of a declaration are rare, and take of the reserve.
    private static func estimatedByteCount(of command: Command) -> Int {
        guard case .basicPublish(let outgoing) = command else { return 128 }
        return 512 + outgoing.headerByteCount + outgoing.message.body.count
    }

    func gather(_ isGathering: Bool) {
        handle.setCork(isGathering)
    }

    private func explained(_ error: RabbitMQError) -> RabbitMQError {
        guard watch.wasShutDown else { return error }
        return RabbitMQError(
            .connectionLost,
            "the broker took nothing for \(watch.limit) while something was being sent"
        )
    }
}
