internal import CRabbitMQ

extension LibraryHandle {
    /// A socket that is encrypted and verifies the broker within the handshake.
    func makeSocket(_ tls: TLSConfiguration, host: String) throws(RabbitMQError) -> OpaquePointer {
        ERR_clear_error()
        guard let socket = unsafe amqp_ssl_socket_new(connection),
            let context = unsafe amqp_ssl_socket_get_context(socket).map({ OpaquePointer($0) }),
            unsafe crabbitmq_verify_server(context, handshake.record, tls.verifiedName(host: host)) == 1
        else { throw RabbitMQError(.tlsFailed, "TLS can't be set up\(OpenSSLErrors.take().appendix)") }
        // Off only because OpenSSL has just been told to do it: the library's own check comes after the handshake,
        // matches no addresses, and knows no name but the host. Its check of the chain stays on, and repeats OpenSSL's.
        unsafe amqp_ssl_socket_set_verify_hostname(socket, 0)
        try unsafe trust(tls.authoritiesFile, context)
        if let certificate = tls.clientCertificate { try unsafe show(certificate, context) }
        return unsafe socket
    }

    private func trust(_ file: String?, _ context: OpaquePointer) throws(RabbitMQError) {
        guard let file else {
            guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
                let words = "the system's authorities can't be set up\(OpenSSLErrors.take().appendix)"
                throw RabbitMQError(.tlsFailed, words)
            }
            return
        }
        guard unsafe SSL_CTX_load_verify_file(context, file) == 1 else {
            throw RabbitMQError(
                .tlsFailed,
                "\(file) can't be read as certificates in PEM\(OpenSSLErrors.take().appendix); check cacertfile"
            )
        }
    }

    /// Reads certificate and key. With OpenSSL's functions, as the library's goes on without a certificate where the two
    /// do not match, and tells no causes apart.
    private func show(
        _ certificate: TLSConfiguration.ClientCertificate,
        _ context: OpaquePointer
    ) throws(RabbitMQError) {
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate.certificateFile) == 1 else {
            let reason = OpenSSLErrors.take().appendix
            throw RabbitMQError(
                .tlsFailed,
                "\(certificate.certificateFile) can't be read as a certificate in PEM\(reason); check certfile"
            )
        }
        let passphrase = try certificate.passphrase?.read()
        let status = unsafe crabbitmq_use_key(context, handshake.record, certificate.keyFile, passphrase)
        let errors = OpenSSLErrors.take()
        guard status == 1 || errors.tellMismatch else {
            throw RabbitMQError(.tlsFailed, keyFault(certificate, errors))
        }
        // Of another kind than the certificate, a key is taken without a word.
        guard status == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            OpenSSLErrors.clear()
            throw RabbitMQError(
                .tlsFailed,
                "\(certificate.keyFile) is not the key of \(certificate.certificateFile); check certfile and keyfile"
            )
        }
    }

    private func keyFault(_ certificate: TLSConfiguration.ClientCertificate, _ errors: OpenSSLErrors) -> String {
        let file = certificate.keyFile
        guard handshake.wantsPassphrase else {
            return "\(file) can't be read as a key in PEM\(errors.appendix); check keyfile"
        }
        return certificate.passphrase == nil
            ? "\(file) is encrypted, and no passphrase is set; set the URI's parameter password"
            : "\(file) can't be decrypted with the passphrase that is set; check the URI's parameter password"
    }
}
