/// How a connection is encrypted and whom it trusts.
///
/// The broker is always verified, in the handshake and before anything of ours is shown to it: the chain of its
/// certificate against the authorities, and the names or addresses in it against the host. TLS 1.2 is the least that is
/// accepted.
public struct TLSConfiguration: Sendable, Hashable {
    /// A certificate to show to a broker that asks for one.
    public struct ClientCertificate: Sendable, Hashable {
        /// A PEM file with the certificate and those that lead to its authority.
        public var certificateFile: String
        /// A PEM file with its key.
        public var keyFile: String
        /// What the key is encrypted with; nil where it is not.
        public var passphrase: ConnectionConfiguration.Password?

        /// Names the two files, and the passphrase of an encrypted key.
        public init(certificateFile: String, keyFile: String, passphrase: ConnectionConfiguration.Password? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.passphrase = passphrase
        }
    }

    /// A PEM file of the authorities that are trusted, and no others. Nil for those of the system: OpenSSL's own, which
    /// the environment's `SSL_CERT_FILE` and `SSL_CERT_DIR` replace.
    public var authoritiesFile: String?
    /// What to show to a broker that asks for a certificate.
    public var clientCertificate: ClientCertificate?
    /// The name or address that the broker's certificate must hold, and the name to ask for (SNI); nil for the host that
    /// is connected to.
    public var serverName: String?

    /// Trusts the system's authorities unless told otherwise, and shows no certificate.
    public init(
        authoritiesFile: String? = nil,
        clientCertificate: ClientCertificate? = nil,
        serverName: String? = nil
    ) {
        self.authoritiesFile = authoritiesFile
        self.clientCertificate = clientCertificate
        self.serverName = serverName
    }
}
