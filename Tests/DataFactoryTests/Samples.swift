import AzureIdentity
import DataFactory
import Foundation
import Testing

enum Sample {
    static let subscription = "01234567-89ab-cdef-0123-456789abcdef"
    static let clientRequestID = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
    static let started = HTTPResponse.json(200, "{\r\n  \"runId\": \"\(clientRequestID)\"\r\n}")

    static let query = RunQuery(
        updatedAfter: Date(timeIntervalSince1970: 1_795_305_600),
        updatedBefore: Date(timeIntervalSince1970: 1_795_312_800)
    )

    static func pipeline(_ name: String = "nightly load") throws -> PipelineReference {
        try PipelineReference(subscriptionID: subscription, resourceGroup: "rg-1", factory: "adf-1", pipeline: name)
    }

    static func client(
        _ transport: ScriptedTransport,
        credential: any TokenCredential = ScriptedCredential()
    ) -> DataFactoryClient {
        DataFactoryClient(
            endpoint: "https://management.azure.com/",
            credential: credential,
            transport: transport,
            scope: "https://management.azure.com/.default"
        )
    }

    static func createRunFailure(
        _ transport: ScriptedTransport,
        credential: any TokenCredential = ScriptedCredential()
    ) async throws -> DataFactoryError {
        let client = client(transport, credential: credential)
        let pipeline = try pipeline()
        return try #require(
            await #expect(throws: DataFactoryError.self) {
                try await client.createRun(pipeline, parameters: [], clientRequestID: clientRequestID)
            }
        )
    }

    static func runFailure(_ transport: ScriptedTransport) async throws -> DataFactoryError {
        let client = client(transport)
        let factory = try pipeline().factoryReference
        return try #require(
            await #expect(throws: DataFactoryError.self) { try await client.run("run-1", in: factory) }
        )
    }
}
