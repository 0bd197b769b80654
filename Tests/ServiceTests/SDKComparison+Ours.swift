import AzureIdentity
import DataFactory
import Foundation
import NetworkTestSupport
import TestSupport

extension SDKComparison {
    private static let unknownRun = "99999999-9999-4999-8999-999999999999"

    /// What our client sends for a call, captured by an emulator of its own.
    static func captureOurs(_ call: Call) async throws -> [SentRequest] {
        let stage = try SDKStage()
        defer { stage.remove() }
        let emulator = try await stage.startEmulator(overTLS: false)
        let admin = EmulatorAdmin(baseURL: emulator.endpoint)
        try await withTransport { transport in
            switch call {
            case .tokenBySecret:
                _ = try await bySecret(emulator.endpoint, transport).token(for: scope, claims: nil)
            case .tokenByCertificate:
                _ = try await byCertificate(stage, emulator.endpoint, transport).token(for: scope, claims: nil)
            default:
                let client = DataFactoryClient(
                    endpoint: emulator.endpoint,
                    credential: bySecret(emulator.endpoint, transport),
                    transport: transport,
                    scope: scope
                )
                // So that it holds its token, as the SDK's does.
                _ = try await client.run(unknownRun, in: factory)
                try await admin.reset()
                try await make(call, with: client)
            }
        }
        let captured = try await admin.json("/emulator/requests", as: [[String: Any]].self).map(SentRequest.init)
        try await emulator.program.stop()
        return captured
    }

    private static let scope = "https://management.azure.com/.default"

    private static var factory: FactoryReference {
        get throws {
            try FactoryReference(subscriptionID: SDKStage.subscription, resourceGroup: "rg-test", factory: "adf-test")
        }
    }

    private static func bySecret(_ endpoint: String, _ transport: any HTTPTransport) -> ClientSecretCredential {
        ClientSecretCredential(
            tenantID: SDKStage.tenant,
            clientID: SDKStage.application,
            clientSecret: SDKStage.secret,
            authorityHost: endpoint,
            transport: transport
        )
    }

    private static func byCertificate(
        _ stage: SDKStage,
        _ endpoint: String,
        _ transport: any HTTPTransport
    ) throws -> any TokenCredential {
        var configuration = CredentialConfiguration(authorityHost: endpoint, environment: [:])
        configuration.tenantID = SDKStage.tenant
        configuration.clientID = SDKStage.application
        configuration.certificatePath = try stage.credentialFile()
        return try configuration.credential(.clientCertificate, transport: transport)
    }

    private static let query = RunQuery(
        updatedAfter: Date(timeIntervalSince1970: 1_795_305_600),
        updatedBefore: Date(timeIntervalSince1970: 1_795_312_800),
        filters: [.pipeline("long")],
        order: [.init(.runStart, .descending)]
    )

    private static func make(_ call: Call, with client: DataFactoryClient) async throws {
        let pipeline = try PipelineReference(factory: factory, pipeline: "ingest-orders")
        let id = UUID().uuidString.lowercased()
        switch call {
        case .createRun:
            _ = try await client.createRun(pipeline, parameters: [], clientRequestID: id)
        case .createRunWithParameters:
            let parameters = Array(#"{"batch":7,"note":"a + b = ü"}"#.utf8)
            _ = try await client.createRun(pipeline, parameters: parameters, clientRequestID: id)
        case .createRunWithOptions:
            let options = RunOptions(
                referencePipelineRunID: unknownRun,
                isRecovery: true,
                startActivityName: "Copy it + all",
                startFromFailure: true
            )
            // Refused, for there is no such run; here it matters what was sent.
            _ = try? await client.createRun(pipeline, parameters: [], options: options, clientRequestID: id)
        case .run:
            _ = try await client.run(unknownRun, in: factory)
        case .pipeline:
            _ = try await client.pipeline(pipeline, ifNoneMatch: nil)
        case .pipelineIfChanged:
            _ = try await client.pipeline(pipeline, ifNoneMatch: "\"known\"")
        case .runs:
            _ = try await client.runs(query, in: factory, continuationToken: nil)
        case .runsContinued:
            // Refused, for the token is none of the emulator's.
            _ = try? await client.runs(query, in: factory, continuationToken: "next")
        case .cancel:
            _ = try? await client.cancel(unknownRun, in: factory, isRecursive: true)
        case .tokenBySecret, .tokenByCertificate:
            break
        }
    }
}
