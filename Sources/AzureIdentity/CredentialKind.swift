/// The credentials a program can be told to use. The raw value is the word for a configuration file.
public enum CredentialKind: String, CaseIterable, Sendable {
    /// Whichever of the others is set up: ``DefaultAzureCredential``.
    case `default` = "default"
    /// ``ClientSecretCredential``.
    case clientSecret = "client-secret"
    /// ``ClientCertificateCredential``.
    case clientCertificate = "client-certificate"
    /// ``WorkloadIdentityCredential``.
    case workloadIdentity = "workload-identity"
    /// ``ManagedIdentityCredential``.
    case managedIdentity = "managed-identity"
    /// ``AzureCLICredential``.
    case azureCLI = "azure-cli"
}
