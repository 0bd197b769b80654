/// How a connection is encrypted and whom it trusts.
///
/// The broker's certificate is always checked: its chain against the authorities, and its DNS names against the host.
/// librabbitmq compares names only, so connect by name: an address in the certificate does not count. TLS 1.2 is the
/// least that is accepted.
public struct TLSConfiguration: Sendable, Hashable {
    /// The bundle that Debian's package ca-certificates keeps.
    public static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// A certificate to show to a broker that asks for one.
    public struct ClientCertificate: Sendable, Hashable {
        /// A PEM file with the certificate and those that lead to its authority.
        public var certificateFile: String
        /// A PEM file with its unencrypted key.
        public var keyFile: String

        /// Names the two files.
        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// A PEM file of the authorities that are trusted.
    public var authoritiesFile: String
    /// What to show to a broker that asks for a certificate.
    public var clientCertificate: ClientCertificate?

    /// Trusts the system's authorities unless told otherwise, and shows no certificate.
    public init(authoritiesFile: String = Self.systemAuthorities, clientCertificate: ClientCertificate? = nil) {
        self.authoritiesFile = authoritiesFile
        self.clientCertificate = clientCertificate
    }
}
