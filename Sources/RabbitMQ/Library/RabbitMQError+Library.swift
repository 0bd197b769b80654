internal import CRabbitMQ

extension RabbitMQError {
    /// Folds a failed `amqp_socket_open`.
    init(
        openingStatus status: Int32,
        _ configuration: ConnectionConfiguration,
        _ handshake: borrowing Handshake
    ) {
        let address = configuration.address
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
            self.init(.unreachable, "the host name of \(address) can't be resolved")
        case AMQP_STATUS_TIMEOUT:
            let what = handshake.hasBegun ? "did not finish the TLS handshake" : "did not answer"
            self.init(.unreachable, "\(address) \(what) within \(configuration.connectTimeout)")
        case AMQP_STATUS_SOCKET_ERROR:
            // The library keeps no errno here, so refused and unreachable look alike.
            self.init(.unreachable, "nobody accepts connections at \(address)")
        default:
            if let tls = configuration.tls, handshake.hasBegun {
                self.init(handshakeWith: address, tls, host: configuration.host, handshake)
            } else {
                self.init(.unreachable, "\(address) can't be reached: \(Self.text(of: status))")
            }
        }
    }

    /// Folds a failed `amqp_login`.
    init(
        loginReply reply: amqp_rpc_reply_t,
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication,
        _ handshake: borrowing Handshake
    ) {
        guard unsafe reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION,
            unsafe reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD, let decoded = unsafe reply.reply.decoded
        else {
            self.init(loginStatus: unsafe reply.library_error, configuration, by: authentication, handshake)
            return
        }
        let close = unsafe decoded.load(as: amqp_connection_close_t.self)
        let text = unsafe String(copying: unsafe close.reply_text)
        let code = unsafe close.reply_code
        switch code {
        case 403:
            self.init(
                .accessRefused,
                "\(configuration.address) refuses \(Self.who(configuration, by: authentication))",
                replyCode: code
            )
        case 530:
            self.init(
                .virtualHostRefused,
                "\(configuration.address) refuses virtual host \"\(configuration.virtualHost)\": \(text)",
                replyCode: code
            )
        default:
            self.init(.closedByBroker, "\(configuration.address) refused the login: \(text)", replyCode: code)
        }
    }

    private static func who(
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication
    ) -> String {
        switch (authentication, configuration.password.source, configuration.tls?.clientCertificate) {
        case (.external, _, let certificate?):
            """
            the user of the client certificate \(certificate.certificateFile); \
            check that the broker has a user of that name, and how it takes it (ssl_cert_login_from)
            """
        case (_, .file(let path), _):
            "user \"\(configuration.user)\"; check the URI's user and the password in \(path)"
        default: "user \"\(configuration.user)\"; check the URI's user and password"
        }
    }

    private init(
        loginStatus status: Int32,
        _ configuration: ConnectionConfiguration,
        by authentication: ConnectionConfiguration.Authentication,
        _ handshake: borrowing Handshake
    ) {
        let address = configuration.address
        // In TLS 1.3 the client is done before the server has looked at its certificate: the refusal is the first thing
        // that is read afterwards.
        if let tls = configuration.tls, let alert = handshake.alert {
            OpenSSLErrors.clear()
            self.init(alert: alert, from: address, tls)
            return
        }
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_TIMEOUT:
            self.init(.unreachable, "\(address) did not finish the login within \(configuration.loginTimeout)")
        case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
            self.init(.accessRefused, "\(address) does not offer \(Self.mechanisms(configuration, authentication))")
        case AMQP_STATUS_CONNECTION_CLOSED, AMQP_STATUS_SOCKET_ERROR, AMQP_STATUS_SSL_ERROR:
            if configuration.tls == nil, PortProbe.answersInTLS(configuration) {
                self.init(.tlsFailed, "\(address) speaks TLS; use amqps, or the port for amqp")
            } else {
                let reason = OpenSSLErrors.take().appendix
                self.init(.connectionLost, "\(address) closed the connection during login\(reason)")
            }
        default:
            self.init(
                .protocolViolation,
                "\(address) does not speak AMQP 0-9-1 as expected: \(Self.text(of: status))"
            )
        }
    }

    private static func mechanisms(
        _ configuration: ConnectionConfiguration,
        _ authentication: ConnectionConfiguration.Authentication
    ) -> String {
        if configuration.fallbackAuthentication != nil { return "login by password (PLAIN) or certificate (EXTERNAL)" }
        return switch authentication {
        case .plain: "login by user name and password (PLAIN); check auth_mechanism"
        case .external:
            "login by client certificate (EXTERNAL); check auth_mechanism, and the broker's rabbitmq_auth_mechanism_ssl"
        }
    }

    /// Folds a failed read or write. After any of them the connection can only be destroyed.
    init(status: Int32, while activity: String, file: String = #fileID, line: Int = #line) {
        let code: Code
        let words: String
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_CONNECTION_CLOSED: (code, words) = (.connectionLost, "the broker closed the socket")
        case AMQP_STATUS_SOCKET_ERROR, AMQP_STATUS_SSL_ERROR, AMQP_STATUS_SOCKET_CLOSED, AMQP_STATUS_TCP_ERROR:
            (code, words) = (.connectionLost, "the socket broke")
        case AMQP_STATUS_HEARTBEAT_TIMEOUT:
            (code, words) = (.connectionLost, "nothing came from the broker for two heartbeats")
        case AMQP_STATUS_BAD_AMQP_DATA: (code, words) = (.protocolViolation, "a frame can't be read or written")
        case AMQP_STATUS_TABLE_TOO_BIG: (code, words) = (.protocolViolation, "a table does not fit one frame")
        default: (code, words) = (.protocolViolation, Self.text(of: status))
        }
        self.init(code, "while \(activity): \(words)", file: file, line: line)
    }

    private static func text(of status: Int32) -> String {
        // A pointer to a constant of the library.
        unsafe String(cString: amqp_error_string2(status))
    }
}
