import AzureIdentity
import Testing

@Suite("Credential configuration")
struct CredentialConfigurationTests {
    private static let full: CredentialConfiguration = {
        var configuration = CredentialConfiguration(authorityHost: "login.microsoftonline.com", environment: [:])
        configuration.tenantID = "t"
        configuration.clientID = "c"
        configuration.clientSecret = "s"
        configuration.certificatePath = "/p"
        configuration.federatedTokenFile = "/f"
        return configuration
    }()

    @Test(
        "each kind makes its credential",
        arguments: zip(
            CredentialKind.allCases,
            [
                "default", "client-secret(tenant: t, client: c)", "client-certificate(tenant: t, client: c)",
                "workload-identity(tenant: t, client: c)", "managed-identity(client: c)", "azure-cli(tenant: t)",
            ]
        )
    )
    func kinds(kind: CredentialKind, description: String) throws {
        let credential = try Self.full.credential(kind, transport: ScriptedTransport([]))

        #expect(credential.description == description)
    }

    @Test("a kind is named in a configuration file by a word")
    func words() {
        #expect(
            CredentialKind.allCases.map(\.rawValue) == [
                "default", "client-secret", "client-certificate", "workload-identity", "managed-identity", "azure-cli",
            ]
        )
    }

    @Test(
        "every missing value is named at once, with its variable; an empty one is missing",
        arguments: [
            (.clientSecret, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]),
            (.clientCertificate, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH"]),
            (.workloadIdentity, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"]),
        ] as [(CredentialKind, [String])],
        [nil, ""]
    )
    func missing(expected: (CredentialKind, [String]), value: String?) throws {
        var configuration = CredentialConfiguration(authorityHost: "x", environment: [:])
        (configuration.tenantID, configuration.clientID, configuration.clientSecret) = (value, value, value)
        (configuration.certificatePath, configuration.federatedTokenFile) = (value, value)

        let error = #expect(throws: AzureIdentityError.self) {
            try configuration.credential(expected.0, transport: ScriptedTransport([]))
        }

        #expect(error?.isConfiguration == true)
        #expect(error?.credential == expected.0.rawValue)
        #expect(error?.message.split(separator: "(").dropFirst().map { String($0.prefix { $0 != ")" }) } == expected.1)
    }

    @Test("only what is missing is named")
    func partlyMissing() {
        var configuration = Self.full
        configuration.clientSecret = nil

        let error = #expect(throws: AzureIdentityError.self) {
            try configuration.credential(.clientSecret, transport: ScriptedTransport([]))
        }

        #expect(error?.message == "not set: the client secret (AZURE_CLIENT_SECRET)")
    }

    @Test("a managed identity has one name")
    func identityNames() throws {
        var configuration = CredentialConfiguration(authorityHost: "x", environment: [:])
        let transport = ScriptedTransport([])
        #expect(
            try configuration.credential(.managedIdentity, transport: transport).description
                == "managed-identity(system-assigned)"
        )
        configuration.managedIdentityResourceID = "/r"
        #expect(
            try configuration.credential(.managedIdentity, transport: transport).description
                == "managed-identity(resource: /r)"
        )
        configuration.managedIdentityObjectID = "o"

        let error = #expect(throws: AzureIdentityError.self) {
            try configuration.credential(.managedIdentity, transport: transport)
        }

        #expect(error?.isConfiguration == true)
        #expect(error?.message.contains("more than one") == true)
    }
}
