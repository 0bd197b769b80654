import AzureIdentity
import DataFactory
import NetworkTestSupport
import Testing

@Suite("The client against the emulator", .timeLimit(.minutes(5)))
struct ClientTests {
    @Test("a run that was started is found by its id, and the emulator saw one token request for both")
    func startAndFind() async throws {
        let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
        try await withService { service in
            try await withTransport { transport in
                let client = service.client(over: transport)

                let created = try await client.createRun(service.pipeline(), parameters: [], clientRequestID: id)
                let run = try await client.run(created.runID, in: service.factory)

                #expect(created.runID == id)
                #expect(run?.pipelineName == "plain")
                #expect(try await service.admin.runs().map { $0["runId"] as? String } == [id])
                #expect(try await service.admin.count("token") == 1)
            }
        }
    }
}
