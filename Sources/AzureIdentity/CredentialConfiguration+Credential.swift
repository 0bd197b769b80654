extension CredentialConfiguration {
    /// Makes a credential of that kind from the values it needs.
    ///
    /// Nothing is sent and no file is read yet.
    ///
    /// - Throws: ``AzureIdentityError`` with ``AzureIdentityError/Code-swift.struct/configuration`` if values are
    ///   missing or contradict each other; it names all of them and the variables they are usually given by.
    public func credential(
        _ kind: CredentialKind,
        transport: any HTTPTransport
    ) throws(AzureIdentityError) -> any TokenCredential {
        switch kind {
        case .default: DefaultAzureCredential(self, transport: transport)
        case .clientSecret: try clientSecretCredential(transport)
        case .clientCertificate: try clientCertificateCredential(transport)
        case .workloadIdentity: try workloadIdentityCredential(transport)
        case .managedIdentity: try managedIdentityCredential(transport)
        case .azureCLI: AzureCLICredential(tenantID: given(tenantID), environment: environment)
        }
    }

    private func clientSecretCredential(
        _ transport: any HTTPTransport
    ) throws(AzureIdentityError) -> ClientSecretCredential {
        guard let tenantID = given(tenantID), let clientID = given(clientID), let clientSecret = given(clientSecret)
        else { throw missing([.tenantID, .clientID, .clientSecret], for: .clientSecret) }
        return ClientSecretCredential(
            tenantID: tenantID,
            clientID: clientID,
            clientSecret: clientSecret,
            authorityHost: authorityHost,
            transport: transport
        )
    }

    private func clientCertificateCredential(
        _ transport: any HTTPTransport
    ) throws(AzureIdentityError) -> ClientCertificateCredential {
        guard let tenantID = given(tenantID), let clientID = given(clientID), let path = given(certificatePath)
        else { throw missing([.tenantID, .clientID, .certificatePath], for: .clientCertificate) }
        return ClientCertificateCredential(
            tenantID: tenantID,
            clientID: clientID,
            certificatePath: path,
            certificatePassword: given(certificatePassword),
            algorithm: certificateAlgorithm,
            sendsCertificateChain: sendsCertificateChain,
            authorityHost: authorityHost,
            transport: transport
        )
    }

    private func workloadIdentityCredential(
        _ transport: any HTTPTransport
    ) throws(AzureIdentityError) -> WorkloadIdentityCredential {
        guard let tenantID = given(tenantID), let clientID = given(clientID), let file = given(federatedTokenFile)
        else { throw missing([.tenantID, .clientID, .federatedTokenFile], for: .workloadIdentity) }
        return WorkloadIdentityCredential(
            tenantID: tenantID,
            clientID: clientID,
            tokenFile: file,
            authorityHost: authorityHost,
            transport: transport
        )
    }

    private func managedIdentityCredential(
        _ transport: any HTTPTransport
    ) throws(AzureIdentityError) -> ManagedIdentityCredential {
        let identities: [ManagedIdentityCredential.Identity] = [
            given(clientID).map { .clientID($0) }, given(managedIdentityObjectID).map { .objectID($0) },
            given(managedIdentityResourceID).map { .resourceID($0) },
        ].compactMap(\.self)
        guard identities.count <= 1 else {
            throw AzureIdentityError(
                code: .configuration,
                message: "a user-assigned identity is named by its client id (AZURE_CLIENT_ID), its object id or its "
                    + "resource id, and more than one of them is given",
                credential: CredentialKind.managedIdentity.rawValue
            )
        }
        return ManagedIdentityCredential(
            identity: identities.first ?? .systemAssigned,
            environment: environment,
            transport: transport
        )
    }

    private enum Value: String {
        case tenantID = "the tenant id (AZURE_TENANT_ID)"
        case clientID = "the client id (AZURE_CLIENT_ID)"
        case clientSecret = "the client secret (AZURE_CLIENT_SECRET)"
        case certificatePath = "the certificate file (AZURE_CLIENT_CERTIFICATE_PATH)"
        case federatedTokenFile = "the federated token file (AZURE_FEDERATED_TOKEN_FILE)"
    }

    private func missing(_ needed: [Value], for kind: CredentialKind) -> AzureIdentityError {
        let names = needed.filter { value in
            switch value {
            case .tenantID: given(tenantID) == nil
            case .clientID: given(clientID) == nil
            case .clientSecret: given(clientSecret) == nil
            case .certificatePath: given(certificatePath) == nil
            case .federatedTokenFile: given(federatedTokenFile) == nil
            }
        }
        return AzureIdentityError(
            code: .configuration,
            message: "not set: \(names.map(\.rawValue).joined(separator: ", "))",
            credential: kind.rawValue,
            isAbsent: true
        )
    }

    private func given(_ value: String?) -> String? {
        value?.isEmpty == false ? value : nil
    }
}
