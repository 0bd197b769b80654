internal import CCurl

/// What an error of the TLS library means, in words that name the mend.
enum TLSFault {
    /// - Parameters:
    ///   - verification: OpenSSL's verdict on the certificate (`X509_V_…`).
    ///   - words: libcurl's own text, which holds OpenSSL's reason.
    static func text(_ code: CURLcode, verification: Int, words: String) -> String {
        switch code {
        case CURLE_SSL_CACERT_BADFILE:
            return "TLS: the system's authorities can't be read; install the package ca-certificates, or name others "
                + "by SSL_CERT_FILE or SSL_CERT_DIR"
        case CURLE_PEER_FAILED_VERIFICATION: return "TLS: \(certificateFault(verification))"
        default:
            for (reason, meaning) in known where words.contains(reason) { return "TLS: \(meaning)" }
            return "TLS: the handshake failed"
        }
    }

    private static func certificateFault(_ verification: Int) -> String {
        switch Int32(truncatingIfNeeded: verification) {
        // libcurl compares the names itself, before it asks OpenSSL for a verdict; until then it is the second.
        case X509_V_OK, X509_V_ERR_UNSPECIFIED: "the server's certificate is for another host name"
        case X509_V_ERR_CERT_HAS_EXPIRED: "the server's certificate, or one that vouches for it, is expired"
        case X509_V_ERR_CERT_NOT_YET_VALID: "the server's certificate is not yet valid; is this machine's clock right?"
        default:
            "the server's certificate was not accepted: no authority trusted here vouches for it (SSL_CERT_FILE and "
                + "SSL_CERT_DIR name others than the system's)"
        }
    }

    /// OpenSSL's names of what is common.
    private static let known = [
        ("wrong version number", "the server does not speak TLS on this port"),
        ("unsupported protocol", "the server speaks no version of TLS that is accepted here (1.2 and 1.3)"),
        ("alert protocol version", "the server speaks no version of TLS that is accepted here (1.2 and 1.3)"),
        ("alert handshake failure", "the server found no cipher or no client certificate that it accepts"),
        ("unrecognized name", "the server does not know the host name"),
        ("reset by peer", "the server closed the connection during the handshake"),
        ("SSL_ERROR_SYSCALL", "the server closed the connection during the handshake"),
        ("unexpected eof", "the server closed the connection during the handshake"),
    ]
}
