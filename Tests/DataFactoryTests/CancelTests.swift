import AzureIdentity
import DataFactory
import Testing

@Suite("Cancelling", .timeLimit(.minutes(5)))
struct CancelTests {
    private func failure(_ transport: ScriptedTransport, runID: String = "run-1") async throws -> DataFactoryError {
        let factory = try Sample.pipeline().factoryReference
        return try #require(
            await #expect(throws: DataFactoryError.self) {
                try await Sample.client(transport).cancel(runID, in: factory, isRecursive: false)
            }
        )
    }

    @Test("the request is ARM's", arguments: [(false, ""), (true, "&isRecursive=true")])
    func request(isRecursive: Bool, query: String) async throws {
        let transport = ScriptedTransport(answering: .json(200, ""))
        let factory = try Sample.pipeline().factoryReference

        try await Sample.client(transport).cancel("run-1", in: factory, isRecursive: isRecursive)

        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(request.body.isEmpty)
        #expect(
            request.url == "https://management.azure.com\(factory.resourcePath)/pipelineruns/run-1/cancel"
                + "?api-version=2018-06-01\(query)"
        )
    }

    @Test("an unknown run is refused, with the service's code")
    func unknownRun() async throws {
        let body = ServiceAnswer.error(
            "ReferencedPipelineRunNotFound",
            "Referenced pipeline run id run-1 does not exist.",
            target: "pipelinerun"
        )

        let error = try await failure(ScriptedTransport(answering: .json(400, body)))

        #expect(error.disposition == .permanent)
        #expect(error.code == "ReferencedPipelineRunNotFound")
        #expect(error.target == "pipelinerun")
    }

    @Test("nothing about it is ambiguous: it may be done twice")
    func trouble() async throws {
        let lost = HTTPTransportError(code: .connectionLost, message: "gone", certainty: .unknown)

        #expect(try await failure(ScriptedTransport(answering: .json(504, ""))).disposition == .safe)
        #expect(try await failure(ScriptedTransport(failing: lost)).disposition == .safe)
    }

    @Test("an id that would be another path is refused unsent", arguments: ["", "..", "a/b", "a?b"])
    func badID(id: String) async throws {
        #expect(try await failure(ScriptedTransport([]), runID: id).code == "InvalidRunID")
    }
}
