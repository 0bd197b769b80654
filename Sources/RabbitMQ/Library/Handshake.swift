internal import CRabbitMQ

/// What a TLS handshake leaves behind: OpenSSL's callbacks write it while the handshake runs on this thread.
@safe struct Handshake: ~Copyable {
    /// For OpenSSL; valid as long as this is.
    let record: UnsafeMutablePointer<crabbitmq_handshake>

    init() {
        unsafe record = .allocate(capacity: 1)
        unsafe record.initialize(to: crabbitmq_handshake())
    }

    deinit {
        release()
        unsafe record.deallocate()
    }

    /// Lets go of what is kept for the sake of ``findAlert(on:)``.
    func release() {
        unsafe crabbitmq_release(record)
    }

    /// Looks for the reason of a broken connection among what the server has sent last.
    ///
    /// A server that does not like a client certificate says so and hangs up. In TLS 1.3 the client is already sending
    /// then, fails at that, and the library closes its socket without having read what is there.
    ///
    /// - Parameter descriptor: A duplicate of the library's socket, made while that was open.
    func findAlert(on descriptor: Int32) {
        guard descriptor >= 0, alert == nil else { return }
        unsafe crabbitmq_read_alert(record, descriptor)
    }

    /// Whether the TCP connection stood.
    var hasBegun: Bool { unsafe record.pointee.has_begun != 0 }
    /// Whether the client's key is encrypted.
    var wantsPassphrase: Bool { unsafe record.pointee.wants_passphrase != 0 }
    /// OpenSSL's `X509_V_ERR_…` for what is wrong with the server's certificate; nil where it is good.
    var verificationFault: Int32? { unsafe record.pointee.verify_error == 0 ? nil : record.pointee.verify_error }
    /// Whether the fault is the server's own certificate's, and not an authority's.
    var isFaultOfServer: Bool { unsafe record.pointee.verify_depth == 0 }
    /// The alert by which the server refused us; nil where it sent none.
    var alert: Int32? { unsafe record.pointee.alert == 0 ? nil : record.pointee.alert }
}
