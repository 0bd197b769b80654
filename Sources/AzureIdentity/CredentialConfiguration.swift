/// What the credentials are made from, all of them together. It prints without its secrets.
///
/// A value that is nil or empty counts as not given.
public struct CredentialConfiguration: Sendable {
    /// The directory's id or one of its domain names (`AZURE_TENANT_ID`).
    public var tenantID: String?

    /// The application's id, or that of a user-assigned managed identity (`AZURE_CLIENT_ID`).
    public var clientID: String?

    /// The value of the application's secret (`AZURE_CLIENT_SECRET`).
    public var clientSecret: String?

    /// A PEM file with certificate and private key (`AZURE_CLIENT_CERTIFICATE_PATH`).
    public var certificatePath: String?

    /// What the private key is encrypted with (`AZURE_CLIENT_CERTIFICATE_PASSWORD`).
    public var certificatePassword: String?

    /// How assertions are signed.
    public var certificateAlgorithm = ClientCertificateCredential.Algorithm.ps256

    /// Whether assertions carry the certificate chain, for applications that trust a subject and issuer instead of
    /// one certificate.
    public var sendsCertificateChain = false

    /// The file a token of another issuer is kept in (`AZURE_FEDERATED_TOKEN_FILE`).
    public var federatedTokenFile: String?

    /// The resource id of a user-assigned managed identity, `/subscriptions/…/userAssignedIdentities/…`.
    public var managedIdentityResourceID: String?

    /// The object id of a user-assigned managed identity.
    public var managedIdentityObjectID: String?

    /// The login host, as ``AzureCloud/authorityHost`` or as a URL (`AZURE_AUTHORITY_HOST`).
    public var authorityHost: String

    /// The process's environment: the platform's variables such as `IDENTITY_ENDPOINT`, and what the Azure CLI is to
    /// be started with beyond what it inherits.
    public var environment: [String: String]

    /// Makes a configuration without values.
    ///
    /// - Parameters:
    ///   - authorityHost: The login host.
    ///   - environment: The process's environment.
    public init(authorityHost: String, environment: [String: String]) {
        self.authorityHost = authorityHost
        self.environment = environment
    }
}

extension CredentialConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public values that are given, and the names of the secret ones.
    public var description: String {
        let values = members.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "CredentialConfiguration(\(values.joined(separator: ", ")))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Hides the secrets and the environment from `dump`.
    public var customMirror: Mirror {
        Mirror(self, children: members.map { (label: $0, value: $1 ?? "nil") })
    }

    private var members: [(String, String?)] {
        [
            ("tenantID", tenantID), ("clientID", clientID),
            ("clientSecret", clientSecret.map { "\(Secret($0))" }),
            ("certificatePath", certificatePath),
            ("certificatePassword", certificatePassword.map { "\(Secret($0))" }),
            ("certificateAlgorithm", certificateAlgorithm.rawValue),
            ("sendsCertificateChain", "\(sendsCertificateChain)"),
            ("federatedTokenFile", federatedTokenFile),
            ("managedIdentityResourceID", managedIdentityResourceID),
            ("managedIdentityObjectID", managedIdentityObjectID),
            ("authorityHost", authorityHost),
            // Values of an environment may be secrets, IDENTITY_HEADER for one.
            ("environment", "\(environment.count) variables"),
        ]
    }
}
