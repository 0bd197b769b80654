internal import CRabbitMQ

extension RabbitMQError {
    /// Folds a failed `amqp_socket_open`.
    init(openingStatus status: Int32, to address: String, within timeout: Duration) {
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
            self.init(.unreachable, "the host name of \(address) can't be resolved")
        case AMQP_STATUS_TIMEOUT:
            self.init(.unreachable, "\(address) did not answer within \(timeout)")
        case AMQP_STATUS_SOCKET_ERROR:
            // The library keeps no errno here, so refused and unreachable look alike.
            self.init(.unreachable, "nobody accepts connections at \(address)")
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
            self.init(
                .tlsFailed,
                "\(address) shows a certificate of an authority that is not trusted; check cacertfile"
            )
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
            self.init(.tlsFailed, "\(address) shows a certificate for another name; connect by a DNS name it holds")
        case AMQP_STATUS_SSL_CONNECTION_FAILED, AMQP_STATUS_SSL_ERROR:
            self.init(
                .tlsFailed,
                "\(address) does not finish a TLS handshake; check that its port is the one for amqps"
            )
        default:
            self.init(.unreachable, "\(address) can't be reached: \(Self.text(of: status))")
        }
    }

    /// Folds a failed `amqp_login`.
    init(loginReply reply: amqp_rpc_reply_t, _ configuration: ConnectionConfiguration) {
        guard unsafe reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION,
            unsafe reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD, let decoded = unsafe reply.reply.decoded
        else {
            self.init(loginStatus: unsafe reply.library_error, configuration)
            return
        }
        let close = unsafe decoded.load(as: amqp_connection_close_t.self)
        let text = unsafe String(copying: unsafe close.reply_text)
        let code = unsafe close.reply_code
        switch code {
        case 403:
            self.init(
                .accessRefused,
                "\(configuration.address) refuses user \"\(configuration.user)\"; check amqp.url's user and password",
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

    private init(loginStatus status: Int32, _ configuration: ConnectionConfiguration) {
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_TIMEOUT:
            self.init(
                .unreachable,
                "\(configuration.address) did not finish the login within \(configuration.loginTimeout)"
            )
        case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
            self.init(.accessRefused, "\(configuration.address) does not offer login by user name and password (PLAIN)")
        case AMQP_STATUS_CONNECTION_CLOSED, AMQP_STATUS_SOCKET_ERROR:
            self.init(.connectionLost, "\(configuration.address) closed the connection during login")
        default:
            self.init(
                .protocolViolation,
                "\(configuration.address) does not speak AMQP 0-9-1 as expected: \(Self.text(of: status))"
            )
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
