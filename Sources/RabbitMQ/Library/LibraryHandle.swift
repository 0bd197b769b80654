internal import CRabbitMQ
internal import Glibc

/// A librabbitmq connection: the only owner of its C state, and the only place that calls the library.
///
/// Not copyable and not sendable, so that one thread at a time has it: the one it is opened on, then its connection's.
@safe struct LibraryHandle: ~Copyable {
    private let state: amqp_connection_state_t
    /// Outlives the state, whose destruction ends in OpenSSL's callbacks: a deinit runs before the properties go.
    let handshake = Handshake()
    /// Memory for the arguments of the call that is being made.
    var arena = ByteArena()
    /// What broker and client agreed on at login.
    private(set) var frameByteCount = 0
    /// The smaller of the broker's heartbeat and ours, which is the one that counts.
    private(set) var heartbeatSeconds = 0

    init() throws(RabbitMQError) {
        guard let state = unsafe amqp_new_connection() else {
            throw RabbitMQError(.unreachable, "there is no memory for another connection")
        }
        unsafe self.state = state
    }

    /// Frees the state and closes the socket; it does not say goodbye to the broker.
    deinit {
        unsafe amqp_destroy_connection(state)
    }

    /// The state, for this type's extensions in this folder.
    var connection: amqp_connection_state_t { unsafe state }

    /// The socket, or -1 once the library has closed it, which it does by itself after a missed heartbeat.
    ///
    /// Never keep it: the number may be in use by another socket the next moment.
    var descriptor: Int32 { unsafe amqp_get_sockfd(state) }

    /// Whether one small frame can be sent now without waiting.
    ///
    /// librabbitmq's sends have no time-out, and in 0.11 the wait inside them can become endless (fixed upstream in
    /// 0.14), so nothing is sent while this is false. Linux says a socket is writable only while a third of its
    /// buffer is free, which leaves room for a frame and for a heartbeat.
    var isWritable: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) > 0 && poll.revents & Int16(POLLOUT) != 0
    }

    /// Connects and logs in; blocks this thread for at most the configured times (a name look-up has none), and twice
    /// that where the first way to log in is not offered.
    mutating func open(_ configuration: ConnectionConfiguration) throws(RabbitMQError) {
        try configuration.check()
        let reply = try unsafe logIn(configuration, by: configuration.authentication)
        if let fallback = configuration.fallbackAuthentication, unsafe reply.isMechanismMissing {
            // The library says which way it wants before it knows what is offered, and closes the socket on a refusal.
            self = try LibraryHandle()
            try unsafe finish(logIn(configuration, by: fallback), configuration, by: fallback)
        } else {
            try unsafe finish(reply, configuration, by: configuration.authentication)
        }
    }

    private mutating func logIn(
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication
    ) throws(RabbitMQError) -> amqp_rpc_reply_t {
        // First: it may be in a file that can't be read, and then there is no need to connect.
        let password = authentication == .plain ? try configuration.password.read() : ""
        try connect(configuration)
        setUserTimeout(configuration.heartbeat * 3)
        let duplicate = configuration.tls == nil ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        // The broker sees the end of the connection when this one is closed too.
        defer { if duplicate >= 0 { _ = close(duplicate) } }
        let reply = unsafe sendLogin(configuration, by: authentication, password)
        if unsafe reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION { handshake.findAlert(on: duplicate) }
        return unsafe reply
    }

    private mutating func sendLogin(
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication,
        _ password: String
    ) -> amqp_rpc_reply_t {
        var loginTimeout = timeval(configuration.loginTimeout)
        unsafe amqp_set_handshake_timeout(state, &loginTimeout)
        arena.reset()
        var clientProperties = unsafe arena.table(configuration.clientProperties)
        let channelMaximum = Int32(configuration.channelMaximum)
        let frameByteCount = Int32(configuration.frameByteCount)
        // Errors of OpenSSL's are looked at when the login has failed, and must be the login's own.
        ERR_clear_error()
        switch authentication {
        case .plain:
            return unsafe crabbitmq_login_plain(
                state,
                configuration.virtualHost,
                channelMaximum,
                frameByteCount,
                configuration.heartbeatSeconds,
                &clientProperties,
                configuration.user,
                password
            )
        case .external:
            return unsafe crabbitmq_login_external(
                state,
                configuration.virtualHost,
                channelMaximum,
                frameByteCount,
                configuration.heartbeatSeconds,
                &clientProperties,
                // RabbitMQ takes the certificate's user, whatever stands here.
                configuration.user.isEmpty ? "-" : configuration.user
            )
        }
    }

    private mutating func finish(
        _ reply: amqp_rpc_reply_t,
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication
    ) throws(RabbitMQError) {
        guard unsafe reply.reply_type == AMQP_RESPONSE_NORMAL else {
            throw unsafe RabbitMQError(loginReply: reply, configuration, by: authentication, handshake)
        }
        handshake.release()
        frameByteCount = Int(unsafe amqp_get_frame_max(state))
        heartbeatSeconds = Int(unsafe amqp_get_heartbeat(state))
    }

    private func connect(_ configuration: ConnectionConfiguration) throws(RabbitMQError) {
        let socket = try unsafe makeSocket(configuration)
        var timeout = timeval(configuration.connectTimeout)
        let status = unsafe amqp_socket_open_noblock(
            socket,
            configuration.host,
            Int32(configuration.port),
            &timeout
        )
        guard status == AMQP_STATUS_OK.rawValue else {
            throw RabbitMQError(openingStatus: status, configuration, handshake)
        }
    }

    private func makeSocket(_ configuration: ConnectionConfiguration) throws(RabbitMQError) -> OpaquePointer {
        if let tls = configuration.tls { return try unsafe makeSocket(tls, host: configuration.host) }
        guard let socket = unsafe amqp_tcp_socket_new(state) else {
            throw RabbitMQError(.unreachable, "there is no memory for another socket")
        }
        return unsafe socket
    }

    /// Ends a connection on which the peer's kernel acknowledges nothing: a second guard beside heartbeats.
    func setUserTimeout(_ timeout: Duration) {
        var milliseconds = UInt32(clamping: timeout.components.seconds * 1000)
        unsafe _ = setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_USER_TIMEOUT,
            &milliseconds,
            socklen_t(MemoryLayout<UInt32>.size)
        )
    }
}

extension amqp_rpc_reply_t {
    fileprivate var isMechanismMissing: Bool {
        unsafe reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION
            && library_error == AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD.rawValue
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
