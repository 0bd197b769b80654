internal import CRabbitMQ

extension RabbitMQError {
    /// Folds a failed handshake.
    init(handshakeWith address: String, _ tls: TLSConfiguration, host: String, _ handshake: borrowing Handshake) {
        let errors = OpenSSLErrors.take()
        if let fault = handshake.verificationFault {
            let isOwn = handshake.isFaultOfServer
            let words = Self.words(for: fault, isFaultOfServer: isOwn, tls, name: tls.verifiedName(host: host))
            self.init(.tlsFailed, "\(address) \(words)")
        } else if let alert = handshake.alert {
            self.init(alert: alert, from: address, tls)
        } else if errors.tellForeignProtocol {
            self.init(.tlsFailed, "\(address) does not speak TLS; check that its port is the one for amqps")
        } else if errors.tellEnd {
            self.init(.connectionLost, "\(address) closed the connection in the TLS handshake")
        } else {
            self.init(.tlsFailed, "\(address) does not finish a TLS handshake\(errors.appendix)")
        }
    }

    /// Folds the server's refusal of the handshake, or of a client certificate, which in TLS 1.3 comes behind it.
    init(alert: Int32, from address: String, _ tls: TLSConfiguration) {
        // A constant of OpenSSL's.
        let text = unsafe String(cString: SSL_alert_desc_string_long(alert))
        let words =
            switch (alert, tls.clientCertificate) {
            case (TLS1_AD_UNRECOGNIZED_NAME, _):
                "does not know the name it was asked for by; check server_name_indication"
            case (TLS1_AD_PROTOCOL_VERSION, _): "speaks no version of TLS from 1.2 on"
            case (SSL3_AD_BAD_CERTIFICATE...SSL3_AD_CERTIFICATE_UNKNOWN, let certificate?),
                (TLS1_AD_UNKNOWN_CA, let certificate?), (TLS1_AD_ACCESS_DENIED, let certificate?),
                (TLS1_AD_DECRYPT_ERROR, let certificate?):
                "refuses the client certificate; check certfile \(certificate.certificateFile)"
            case (TLS13_AD_CERTIFICATE_REQUIRED, _), (SSL3_AD_HANDSHAKE_FAILURE, nil),
                (SSL3_AD_BAD_CERTIFICATE, nil):
                "refuses the handshake, and may want a client certificate; set certfile and keyfile"
            default: "refuses the TLS handshake"
            }
        self.init(.tlsFailed, "\(address) \(words) (alert: \(text))")
    }

    private static func words(
        for fault: Int32,
        isFaultOfServer: Bool,
        _ tls: TLSConfiguration,
        name: String
    ) -> String {
        let whose = isFaultOfServer ? "a certificate that" : "a certificate whose authority's certificate"
        switch fault {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return """
                shows a certificate for another name than \(name); \
                connect by a name or address it holds, or give one as server_name_indication
                """
        case X509_V_ERR_CERT_HAS_EXPIRED: return "shows \(whose) has expired; check this machine's clock, or renew it"
        case X509_V_ERR_CERT_NOT_YET_VALID: return "shows \(whose) is not valid yet; check this machine's clock"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "shows a self-signed certificate that is not trusted; name it by cacertfile"
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            let mend =
                tls.authoritiesFile.map { "check cacertfile \($0)" }
                ?? "name its authority by cacertfile, or install ca-certificates"
            return "shows a certificate of an authority that is not trusted; \(mend)"
        case X509_V_ERR_INVALID_PURPOSE: return "shows \(whose) is not meant for a server"
        default:
            // A constant of OpenSSL's.
            let text = unsafe String(cString: X509_verify_cert_error_string(Int(fault)))
            return "shows \(whose) can't be verified (\(text))"
        }
    }
}
