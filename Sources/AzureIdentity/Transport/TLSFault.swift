internal import NIOSSL

/// What a TLS library's error means, in words that name the mend.
enum TLSFault {
    static func text(of error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(let cause): text(of: cause)
        case .uncleanShutdown: "TLS: the connection ended without being closed properly"
        default: "TLS: \(error)"
        }
    }

    static func text(of error: NIOSSLExtraError) -> String {
        error == .failedToValidateHostname
            ? "TLS: the server's certificate is for another host name" : "TLS: \(error)"
    }

    static func text(of error: BoringSSLError) -> String {
        let reasons = reasons(in: "\(error)")
        for (reason, words) in known where reasons.contains(reason) { return "TLS: \(words)" }
        return reasons.isEmpty ? "TLS: the handshake failed" : "TLS: \(reasons.joined(separator: ", "))"
    }

    /// BoringSSL's names of what is common. It does not tell which check of a certificate failed.
    private static let known = [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the server's certificate was not accepted: it is expired or not yet valid, or no authority trusted here "
                + "vouches for it (SSL_CERT_FILE and SSL_CERT_DIR name others than the system's)"
        ),
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS on this port"),
        ("UNSUPPORTED_PROTOCOL", "the server speaks no version of TLS that is accepted here (1.2 and 1.3)"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "the server speaks no version of TLS that is accepted here (1.2 and 1.3)"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "the server found no cipher or no client certificate that it accepts"),
        ("TLSV1_UNRECOGNIZED_NAME", "the server does not know the host name"),
    ]

    /// The reasons in `… OPENSSL_internal:REASON at file:line …`. The rest names files of the machine that built us.
    private static func reasons(in text: String) -> [String] {
        text.split(separator: "OPENSSL_internal:", omittingEmptySubsequences: false).dropFirst().map { part in
            String(part.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        }
    }
}
