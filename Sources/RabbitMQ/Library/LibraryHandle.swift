internal import CRabbitMQ
internal import Glibc

/// A librabbitmq connection: the only owner of its C state, and the only place that calls the library.
///
/// Not copyable and not sendable, so it stays in the actor that made it, on that actor's thread.
@safe struct LibraryHandle: ~Copyable {
    private let state: amqp_connection_state_t
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

    /// Connects and logs in; blocks this thread for at most the configured times (a name look-up has none).
    mutating func open(_ configuration: ConnectionConfiguration) throws(RabbitMQError) {
        let socket = try unsafe makeSocket(configuration)
        var connectTimeout = timeval(configuration.connectTimeout)
        let status = unsafe amqp_socket_open_noblock(
            socket,
            configuration.host,
            Int32(configuration.port),
            &connectTimeout
        )
        guard status == AMQP_STATUS_OK.rawValue else {
            throw RabbitMQError(
                openingStatus: status,
                to: configuration.address,
                within: configuration.connectTimeout
            )
        }
        setUserTimeout(configuration.heartbeat * 3)

        var loginTimeout = timeval(configuration.loginTimeout)
        unsafe amqp_set_handshake_timeout(state, &loginTimeout)
        arena.reset()
        var clientProperties = unsafe arena.table(configuration.clientProperties)
        let reply = unsafe crabbitmq_login_plain(
            state,
            configuration.virtualHost,
            0,
            Int32(ConnectionConfiguration.frameByteCount),
            configuration.heartbeatSeconds,
            &clientProperties,
            configuration.user,
            configuration.password.text
        )
        guard unsafe reply.reply_type == AMQP_RESPONSE_NORMAL else {
            throw unsafe RabbitMQError(loginReply: reply, configuration)
        }
        frameByteCount = Int(unsafe amqp_get_frame_max(state))
        heartbeatSeconds = Int(unsafe amqp_get_heartbeat(state))
    }

    private func makeSocket(_ configuration: ConnectionConfiguration) throws(RabbitMQError) -> OpaquePointer {
        guard let tls = configuration.tls else {
            guard let socket = unsafe amqp_tcp_socket_new(state) else {
                throw RabbitMQError(.unreachable, "there is no memory for another socket")
            }
            return unsafe socket
        }
        // Peer and host name are verified by default. The library has no system authorities of its own.
        guard let socket = unsafe amqp_ssl_socket_new(state) else {
            throw RabbitMQError(.tlsFailed, "TLS can't be set up")
        }
        let ok = AMQP_STATUS_OK.rawValue
        guard unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == ok else {
            throw RabbitMQError(.tlsFailed, "TLS 1.2 is not to be had")
        }
        guard unsafe amqp_ssl_socket_set_cacert(socket, tls.authoritiesFile) == ok else {
            throw RabbitMQError(
                .tlsFailed,
                "\(tls.authoritiesFile) can't be read as certificates in PEM; check cacertfile, or install ca-certificates"
            )
        }
        // Checked, for the library goes on without a certificate where the pair does not match.
        if let certificate = tls.clientCertificate,
            unsafe amqp_ssl_socket_set_key(socket, certificate.certificateFile, certificate.keyFile) != ok
        {
            throw RabbitMQError(
                .tlsFailed,
                "\(certificate.certificateFile) and \(certificate.keyFile) are no certificate in PEM with its unencrypted key"
            )
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

extension timeval {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
