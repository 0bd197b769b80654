#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A service principal that proves itself with a certificate, at Entra ID's v2 endpoint.
///
/// The file is read anew for each token request, so a certificate that was replaced on disk is used without a restart.
public struct ClientCertificateCredential: TokenCredential {
    /// How an assertion is signed and its certificate named. The raw value is the name in RFC 7518.
    public enum Algorithm: String, CaseIterable, Sendable {
        /// RSASSA-PSS with SHA-256, the certificate named by its SHA-256 thumbprint. Entra ID's own choice.
        case ps256 = "PS256"
        /// RSASSA-PKCS1-v1_5 with SHA-256, the certificate named by its SHA-1 thumbprint: what older SDKs send, for
        /// authorities that know nothing newer.
        case rs256 = "RS256"
    }

    /// A key of 4096 bits and ten certificates have about 25 KiB.
    private static let largestFile = 256 * 1024

    private let endpoint: TokenEndpoint
    private let path: String
    private let password: Secret?
    private let assertion: ClientAssertion

    /// Makes the credential. Nothing is sent and no file is read yet; a wrong value is the first ``token(for:)``'s
    /// error.
    ///
    /// - Parameters:
    ///   - tenantID: The directory's id, or one of its domain names.
    ///   - clientID: The application's id.
    ///   - certificatePath: A PEM file with the certificate, its RSA private key (PKCS#8 or PKCS#1) and, if they are to
    ///     be sent, the certificates above it; in any order.
    ///   - certificatePassword: What the private key is encrypted with, if it is.
    ///   - algorithm: How assertions are signed.
    ///   - sendsCertificateChain: Whether assertions carry all certificates of the file, for applications that trust a
    ///     subject and issuer instead of one certificate.
    ///   - authorityHost: The cloud's login host, such as `login.microsoftonline.com`, or its URL.
    ///   - transport: What sends the requests.
    ///   - timeout: How long one token request may take.
    public init(
        tenantID: String,
        clientID: String,
        certificatePath: String,
        certificatePassword: String?,
        algorithm: Algorithm = .ps256,
        sendsCertificateChain: Bool = false,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration = ClientSecretCredential.defaultTimeout
    ) {
        self.init(
            tenantID: tenantID,
            clientID: clientID,
            certificatePath: certificatePath,
            certificatePassword: certificatePassword,
            algorithm: algorithm,
            sendsCertificateChain: sendsCertificateChain,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: { Date() }
        )
    }

    init(
        tenantID: String,
        clientID: String,
        certificatePath: String,
        certificatePassword: String?,
        algorithm: Algorithm,
        sendsCertificateChain: Bool,
        authorityHost: String,
        transport: any HTTPTransport,
        timeout: Duration,
        now: @escaping @Sendable () -> Date
    ) {
        endpoint = TokenEndpoint(
            kind: .clientCertificate,
            tenantID: tenantID,
            clientID: clientID,
            authorityHost: authorityHost,
            transport: transport,
            timeout: timeout,
            now: now
        )
        path = certificatePath
        password = certificatePassword.map { Secret($0) }
        assertion = ClientAssertion(
            algorithm: algorithm,
            clientID: clientID,
            audience: endpoint.url,
            includesChain: sendsCertificateChain
        )
    }

    /// `client-certificate(tenant: …, client: …)`
    public var description: String { endpoint.credential }

    /// Reads the file, signs an assertion and asks Entra ID for a token, once.
    ///
    /// - Throws: ``AzureIdentityError``. It is a matter of configuration if the file cannot be read, holds no certificate
    ///   or no RSA key, if the two do not belong together, or if the certificate is not valid now.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        try endpoint.checkNames()
        return try await endpoint.token(
            for: scope,
            claims: claims,
            proof: TokenEndpoint.Proof(
                name: "client_assertion",
                secret: try signedAssertion(),
                type: TokenEndpoint.assertionType
            )
        )
    }

    private func signedAssertion() throws(AzureIdentityError) -> Secret {
        let now = endpoint.now()
        let certificate: SigningCertificate
        do {
            certificate = try SigningCertificate(pem: contents(), password: password)
            try certificate.checkValidity(at: now)
        } catch let problem as SigningCertificate.Problem {
            throw endpoint.misconfigured("the certificate file \(path) \(problem.text)")
        } catch let problem as BoundedFile.Problem {
            throw endpoint.misconfigured("the certificate file \(path) \(problem.text)")
        } catch {
            throw endpoint.misconfigured("the certificate file \(path) cannot be used")
        }
        do {
            return Secret(try assertion.signed(with: certificate, at: now))
        } catch {
            // Not the error itself: nobody promises what a library says about a key.
            throw endpoint.misconfigured("the private key in \(path) cannot sign")
        }
    }

    private func contents() throws(BoundedFile.Problem) -> [UInt8] {
        try BoundedFile.read(path, limit: Self.largestFile)
    }
}

extension ClientCertificateCredential: CustomReflectable {
    /// Hides the password from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}
