import AzureIdentity
import Foundation
import TestSupport
import Testing

@testable import adf_trigger

/// Who the program is to Azure, by its configuration.
@Suite("The settings of the credential")
struct CredentialSettingsTests {
    static func azure(_ environment: [String: String], file: String = "", set: [String] = []) throws -> Settings.Azure {
        let settings = try Settings(
            file: try ConfigurationFile(text: file, name: "config.yaml"),
            assignments: set,
            environment: environment,
            needs: .azure
        )
        return try #require(settings.azure)
    }

    static func faults(_ environment: [String: String], set: [String] = []) -> [String] {
        do {
            _ = try azure(environment, set: set)
            return []
        } catch let error as ConfigurationError {
            return error.faults
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: - Clouds

    static let clouds: [(names: [String], authority: String, management: String, scope: String)] = [
        (
            ["public", "AzureCloud", "PUBLIC"], "login.microsoftonline.com", "https://management.azure.com",
            "https://management.azure.com/.default"
        ),
        (
            ["china", "AzureChinaCloud"], "login.chinacloudapi.cn", "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default"
        ),
        (
            ["usGovernment", "AzureUSGovernment"], "login.microsoftonline.us", "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default"
        ),
    ]

    @Test("a cloud has its own three addresses", arguments: clouds.indices)
    func cloud(index: Int) throws {
        let cloud = Self.clouds[index]
        for name in cloud.names {
            let azure = try Self.azure(["ADF_TRIGGER_AZURE_CLOUD": name])
            #expect(azure.credentials.authorityHost == cloud.authority)
            #expect(azure.managementEndpoint == cloud.management)
            #expect(azure.scope == cloud.scope)
        }
    }

    @Test("the public cloud is meant where none is named")
    func defaultCloud() throws {
        let azure = try Self.azure([:])

        #expect(azure.cloud == .public)
        #expect(azure.managementEndpoint == "https://management.azure.com")
    }

    @Test("each address can be another; the scope stays the cloud's where only the endpoint is another")
    func overrides() throws {
        let cloud = ["ADF_TRIGGER_AZURE_CLOUD": "china"]

        let endpoint = try Self.azure(cloud, set: ["azure.managementEndpoint=https://arm.example"])
        let scope = try Self.azure(cloud, set: ["azure.scope=api://x/.default"])
        let authority = try Self.azure(cloud.merging(["AZURE_AUTHORITY_HOST": "login.example"]) { $1 })

        #expect(endpoint.managementEndpoint == "https://arm.example")
        #expect(endpoint.scope == "https://management.chinacloudapi.cn/.default")
        #expect(scope.scope == "api://x/.default")
        #expect(scope.managementEndpoint == "https://management.chinacloudapi.cn")
        #expect(authority.credentials.authorityHost == "https://login.example")
        #expect(authority.managementEndpoint == "https://management.chinacloudapi.cn")
    }

    static let wrongValues: [(key: String, value: String, text: String)] = [
        ("CLOUD", "germany", "none of: public, china, usGovernment"),
        ("CREDENTIAL", "password", "none of: default, client-secret, client-certificate, workload-identity"),
        ("CLIENT_CERTIFICATE_ALGORITHM", "ES256", "none of: PS256, RS256"),
        ("AUTHORITY_HOST", "http://login.example", "must begin with https://"),
        ("MANAGEMENT_ENDPOINT", "http://arm.example", "must begin with https://"),
        ("WINDOW_SECONDS", "0", "whole number from 1"),
        ("WINDOW_SECONDS", "30", "is less than 75"),
    ]

    @Test("a value that can't be is a fault with what is possible", arguments: wrongValues.indices)
    func wrongValue(index: Int) {
        let wrong = Self.wrongValues[index]

        let faults = Self.faults(["ADF_TRIGGER_AZURE_\(wrong.key)": wrong.value])

        #expect(faults.count == 1)
        #expect(faults.first?.contains(wrong.text) == true, "\(faults)")
    }

    @Test("an address without a scheme is one of https")
    func withoutScheme() throws {
        let azure = try Self.azure([
            "ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": "arm.example", "ADF_TRIGGER_AZURE_AUTHORITY_HOST": "login.example",
        ])

        #expect(azure.managementEndpoint == "https://arm.example")
        #expect(azure.credentials.authorityHost == "https://login.example")
    }

    // MARK: - Credentials

    static let missing: [(kind: String, keys: [String])] = [
        ("client-secret", ["azure.tenantId", "azure.clientId", "azure.clientSecret"]),
        ("client-certificate", ["azure.tenantId", "azure.clientId", "azure.clientCertificatePath"]),
        ("workload-identity", ["azure.tenantId", "azure.clientId", "azure.federatedTokenFile"]),
        ("managed-identity", []),
        ("azure-cli", []),
        ("default", []),
    ]

    @Test("what a named credential lacks is told at the start, all of it", arguments: missing.indices)
    func missingValues(index: Int) {
        let missing = Self.missing[index]

        let faults = Self.faults(["ADF_TRIGGER_AZURE_CREDENTIAL": missing.kind])

        #expect(faults.count == missing.keys.count, "\(faults)")
        for (fault, key) in zip(faults, missing.keys) {
            #expect(fault.hasPrefix("\(key) (ADF_TRIGGER_AZURE_"))
            #expect(fault.contains("\"\(missing.kind)\" needs it; AZURE_"))
        }
    }

    @Test("Azure's own variables are honoured, and yield to those of this program")
    func variables() throws {
        let own = [
            "AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client", "AZURE_CLIENT_SECRET": "secret",
            "AZURE_CLIENT_CERTIFICATE_PATH": "/cert.pem", "AZURE_CLIENT_CERTIFICATE_PASSWORD": "password",
            "AZURE_FEDERATED_TOKEN_FILE": "/token", "IDENTITY_ENDPOINT": "http://127.0.0.1/x",
        ]

        let theirs = try Self.azure(own).credentials
        let ours = try Self.azure(own.merging(["ADF_TRIGGER_AZURE_CLIENT_ID": "other"]) { $1 }).credentials

        #expect(theirs.tenantID == "tenant" && theirs.clientID == "client" && theirs.clientSecret == "secret")
        #expect(theirs.certificatePath == "/cert.pem" && theirs.certificatePassword == "password")
        #expect(theirs.federatedTokenFile == "/token")
        #expect(theirs.environment["IDENTITY_ENDPOINT"] == "http://127.0.0.1/x")
        #expect(ours.clientID == "other" && ours.tenantID == "tenant")
    }

    @Test("every setting of the credential can come from the file")
    func file() throws {
        let azure = try Self.azure(
            [:],
            file: """
                azure:
                  credential: managed-identity
                  managedIdentityResourceId: /subscriptions/s/x
                  clientCertificateAlgorithm: RS256
                  federatedTokenFile: /token
                """
        )

        #expect(azure.credentialKind == .managedIdentity)
        #expect(azure.credentials.managedIdentityResourceID == "/subscriptions/s/x")
        #expect(azure.credentials.certificateAlgorithm == .rs256)
        #expect(azure.credentials.federatedTokenFile == "/token")
    }

    @Test("two names for one managed identity contradict each other")
    func twoIdentities() {
        let faults = Self.faults([
            "ADF_TRIGGER_AZURE_CREDENTIAL": "managed-identity", "AZURE_CLIENT_ID": "c",
            "ADF_TRIGGER_AZURE_MANAGED_IDENTITY_OBJECT_ID": "o",
        ])

        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("azure.credential") == true, "\(faults)")
    }

    @Test("the password of a certificate is a secret: not on the command line, but in a file")
    func certificatePassword() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-\(UUID().uuidString)")
        try Data("open sesame\n".utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }

        let refused = Self.faults([:], set: ["azure.clientCertificatePassword=x"])
        let azure = try Self.azure(["ADF_TRIGGER_AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE": path.path])

        #expect(refused.first?.contains("visible to every user") == true)
        #expect(azure.credentials.certificatePassword == "open sesame")
    }

    @Test(
        "a file that a named credential needs is looked for at the start",
        arguments: [
            ("client-certificate", "AZURE_CLIENT_CERTIFICATE_PATH"),
            ("workload-identity", "AZURE_FEDERATED_TOKEN_FILE"),
        ]
    )
    func missingFile(kind: String, variable: String) {
        let faults = Self.faults([
            "ADF_TRIGGER_AZURE_CREDENTIAL": kind, "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c",
            variable: "/does/not/exist",
        ])

        #expect(faults.count == 1)
        #expect(faults.first?.contains("/does/not/exist") == true, "\(faults)")
    }

    @Test("every setting that holds a secret is known as one")
    func secrets() {
        let secret = ConfigurationKey.all.filter(\.isSecret).map(\.path)

        #expect(secret == ["amqp.url", "azure.clientCertificatePassword", "azure.clientSecret"])
    }

    // MARK: - What a command needs

    @Test("a broker is asked of those commands alone that use one")
    func needs() throws {
        let file = ConfigurationFile()

        let shell = try Settings(file: file, assignments: [], environment: [:], needs: .azure)
        let faults = #expect(throws: ConfigurationError.self) {
            try Settings(file: file, assignments: [], environment: [:], needs: [.broker, .azure])
        }

        #expect(shell.brokers.isEmpty && shell.azure != nil)
        #expect(faults?.faults.count == 1)
        #expect(faults?.faults.first?.hasPrefix("amqp.url") == true)
    }
}
