extension ConnectionConfiguration {
    /// What librabbitmq or the broker would take for something else, checked before anything is opened.
    ///
    /// - Throws: ``RabbitMQError`` with ``RabbitMQError/Code/invalidArgument``.
    func check() throws(RabbitMQError) {
        func invalid(_ message: String) -> RabbitMQError { RabbitMQError(.invalidArgument, message) }
        // Not 0, which librabbitmq 0.11-deb12u3 reads as 4096.
        guard (4096...Self.frameByteCount).contains(frameByteCount) else {
            throw invalid("frames of \(frameByteCount) bytes are not possible; take 4096 to \(Self.frameByteCount)")
        }
        // 0 would mean "as many as the broker allows".
        guard channelMaximum > 0 else { throw invalid("a connection without channels is of no use; take 1 to 65535") }
        for (text, name) in [(host, "host"), (user, "user"), (virtualHost, "virtual host")] {
            guard !text.utf8.contains(0) else { throw invalid("the \(name) holds a zero byte") }
        }
        guard virtualHost.utf8.count <= 255 else {
            throw invalid("the virtual host has \(virtualHost.utf8.count) bytes, and AMQP allows 255")
        }
        if let tls { try tls.check(host: host) }
        // The broker would take the certificate's user, and there is none to take.
        if authentication == .external || fallbackAuthentication == .external, tls?.clientCertificate == nil {
            throw invalid(
                "a login by certificate (EXTERNAL) needs amqps and a client certificate; set certfile and keyfile"
            )
        }
    }
}

extension TLSConfiguration {
    /// The name or address that the broker's certificate must hold. The dot that ends a full DNS name is in none.
    func verifiedName(host: String) -> String {
        let name = serverName ?? host
        return name.utf8.last == UInt8(ascii: ".") ? String(name.dropLast()) : name
    }

    /// Whether OpenSSL takes a name for what it says: an empty one would be matched by every certificate, and one that
    /// starts with a dot by those of all names below it. DNS allows 253 bytes.
    static func isVerifiable(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".") && !name.utf8.contains(0)
    }

    fileprivate func check(host: String) throws(RabbitMQError) {
        guard Self.isVerifiable(verifiedName(host: host)) else {
            throw RabbitMQError(
                .invalidArgument,
                "the broker's name for TLS is empty, starts with a dot or has more than 253 bytes"
            )
        }
        let files = [authoritiesFile, clientCertificate?.certificateFile, clientCertificate?.keyFile]
        guard !files.contains(where: { $0?.utf8.contains(0) == true }) else {
            throw RabbitMQError(.invalidArgument, "a file name of the TLS configuration holds a zero byte")
        }
    }
}
