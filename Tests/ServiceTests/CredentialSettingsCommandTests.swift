import Foundation
import TestSupport
import Testing

/// The real programs with one credential or another.
@Suite("The commands and their credential", .timeLimit(.minutes(5)))
struct CredentialSettingsCommandTests {
    @Test("the worker says at its start which credential it uses, and no secret")
    func worker() async throws {
        let stage = try await RunCommandStage()
        let worker = try stage.start(["work"], set: ["ADF_TRIGGER_AMQP_URL": "amqp://guest:pass-word@127.0.0.1:1"])

        // By then it heeds signals too.
        try await eventually("the worker asks for its broker") { worker.errorsSoFar.contains("\"no broker") }

        let ended = try await worker.stop()
        #expect(ended.code == 0)
        #expect(ended.errors.contains("client-secret(tenant: test-tenant, client: test-client)"), "\(ended.errors)")
        #expect(ended.errors.contains("\"azure.cloud\":\"public\""), "\(ended.errors)")
        #expect(!ended.errors.contains(RunCommandStage.secret))
        try await stage.end()
    }

    @Test("every fault of the settings is listed at once, on both outputs")
    func faults() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command(
            "run",
            "ingest-orders",
            set: ["AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": "", "ADF_TRIGGER_AZURE_TIMEOUT_SECONDS": "soon"]
        )

        #expect(run.code == 78)
        #expect(run.errorClass == "configuration" && run.status == "not-started")
        for key in ["azure.clientId", "azure.clientSecret", "azure.timeoutSeconds"] {
            #expect(run.errors.contains(key), "\(run.errors)")
            #expect(run.output.contains(key))
        }
        try await stage.end()
    }

    @Test(
        "what the network's own variables get wrong is told at the start",
        arguments: [
            ("HTTPS_PROXY", "ftp://proxy.example"), ("SSL_CERT_FILE", "/does/not/exist.pem"),
        ]
    )
    func network(variable: String, value: String) async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "ingest-orders", set: [variable: value])
        let worker = try await stage.start(
            ["work"],
            set: [variable: value, "ADF_TRIGGER_AMQP_URL": "amqp://127.0.0.1:1"]
        ).waitForExit()

        #expect(run.code == 78 && worker.code == 78)
        #expect(run.errors.contains(variable), "\(run.errors)")
        #expect(worker.errors.contains(variable), "\(worker.errors)")
        try await stage.end()
    }

    // MARK: - Which credential is asked

    @Test("without a name the credential that is set up is used, and nothing is said of the others")
    func defaultChain() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command("run", "ingest-orders", set: ["ADF_TRIGGER_AZURE_CREDENTIAL": ""])

        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.isEmpty)
        try await stage.end()
    }

    @Test("where none is set up, each is named with why not")
    func nothingSetUp() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command(
            "run",
            "ingest-orders",
            "--timeout",
            "3",
            set: [
                "ADF_TRIGGER_AZURE_CREDENTIAL": "default", "AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_ID": "",
                // Nobody listens there, and there is no Azure CLI.
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1", "PATH": "/nowhere",
            ]
        )

        #expect(run.code == 69)
        for text in [
            "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "metadata service",
            "az is not installed",
        ] {
            #expect(run.errors.contains(text), "\(run.errors)")
        }
        try await stage.end()
    }

    @Test("a credential that is named is not replaced by another that would do")
    func named() async throws {
        let stage = try await RunCommandStage()

        let run = try await stage.command(
            "run",
            "ingest-orders",
            "--timeout",
            "3",
            set: ["ADF_TRIGGER_AZURE_CREDENTIAL": "azure-cli", "PATH": "/nowhere"]
        )

        #expect(run.code == 78)
        #expect(run.errors.contains("az is not installed"), "\(run.errors)")
        #expect(try await stage.runs().isEmpty)
        try await stage.end()
    }

    @Test("https is spoken to an authority that SSL_CERT_FILE names, and to no other")
    func trust() async throws {
        let stage = try await RunCommandStage(door: .secure)

        let trusted = try await stage.command(
            "run",
            "ingest-orders",
            set: ["SSL_CERT_FILE": stage.path("certificate.pem")]
        )
        let strange = try await stage.command("run", "ingest-orders", "--timeout", "2")

        #expect(trusted.code == 0, "\(trusted.errors)")
        #expect(strange.code == 69)
        #expect(strange.errors.contains("certificate"), "\(strange.errors)")
        try await stage.end()
    }

    @Test("a certificate is enough, with either algorithm", arguments: ["PS256", "RS256"])
    func certificate(algorithm: String) async throws {
        let stage = try await RunCommandStage(tenant: #""certificates":["certificate.pem"]"#, door: .secure)
        let both = try ["certificate.key", "certificate.pem"].map {
            try String(contentsOfFile: stage.path($0), encoding: .utf8)
        }
        let file = try stage.file("both.pem", both.joined())

        let run = try await stage.command(
            "run",
            "ingest-orders",
            set: [
                "ADF_TRIGGER_AZURE_CREDENTIAL": "client-certificate", "AZURE_CLIENT_SECRET": "",
                "AZURE_CLIENT_CERTIFICATE_PATH": file, "ADF_TRIGGER_AZURE_CLIENT_CERTIFICATE_ALGORITHM": algorithm,
                "SSL_CERT_FILE": stage.path("certificate.pem"),
            ]
        )

        #expect(run.code == 0, "\(run.errors)")
        try await stage.end()
    }

    @Test("a managed identity is found at the metadata service")
    func managedIdentity() async throws {
        let stage = try await RunCommandStage(
            scenario: #""managedIdentities":[{"clientId":"the-machine","systemAssigned":true}]"#
        )

        let run = try await stage.command(
            "run",
            "ingest-orders",
            set: [
                "ADF_TRIGGER_AZURE_CREDENTIAL": "managed-identity", "AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": "",
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": stage.endpoint,
            ]
        )

        #expect(run.code == 0, "\(run.errors)")
        #expect(try await stage.runs().count == 1)
        try await stage.end()
    }
}
