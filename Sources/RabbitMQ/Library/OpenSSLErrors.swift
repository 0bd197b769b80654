internal import CRabbitMQ

/// The errors OpenSSL has queued for this thread, oldest first.
///
/// They belong to the call before, so take them at once, and on the same thread.
struct OpenSSLErrors {
    private var codes: [UInt] = []

    /// Empties the queue.
    static func take() -> OpenSSLErrors {
        var errors = OpenSSLErrors()
        // Ends: the queue holds at most 16.
        while case let code = ERR_get_error(), code != 0 { errors.codes.append(code) }
        return errors
    }

    /// Forgets what is queued.
    static func clear() { ERR_clear_error() }

    /// The words of the oldest one, which is nearest to the cause; nil where OpenSSL has none.
    var reason: String? {
        for code in codes {
            // A constant of OpenSSL's, or glibc's text, which is kept per thread.
            if let text = unsafe crabbitmq_reason(code) { return unsafe String(cString: text) }
        }
        return nil
    }

    /// The reason in brackets, to stand behind a sentence; empty where there is none.
    var appendix: String { reason.map { " (\($0))" } ?? "" }

    /// Whether a certificate and a key are no pair.
    var tellMismatch: Bool { codes.contains { crabbitmq_is_mismatch($0) != 0 } }

    /// Whether the peer's bytes are no TLS at all.
    var tellForeignProtocol: Bool {
        contain(SSL_R_WRONG_VERSION_NUMBER) || contain(SSL_R_HTTP_REQUEST) || contain(SSL_R_PACKET_LENGTH_TOO_LONG)
    }

    /// Whether the connection ended in the middle.
    var tellEnd: Bool { codes.isEmpty || contain(SSL_R_UNEXPECTED_EOF_WHILE_READING) }

    private func contain(_ reason: Int32) -> Bool {
        codes.contains { crabbitmq_is_ssl_reason($0, reason) != 0 }
    }
}
