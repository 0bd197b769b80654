import AzureIdentity
import DataFactory
import Testing

@Suite("Create run", .timeLimit(.minutes(5)))
struct CreateRunTests {
    @Test("the request is ARM's")
    func request() async throws {
        let transport = ScriptedTransport(answering: Sample.started)
        let pipeline = try Sample.pipeline()

        _ = try await Sample.client(transport).createRun(
            pipeline,
            parameters: [],
            clientRequestID: Sample.clientRequestID
        )

        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(
            request.url == "https://management.azure.com\(pipeline.resourcePath)/createRun?api-version=2018-06-01"
        )
        #expect(request.body == Array("{}".utf8))
        #expect(request.timeout == .seconds(70))
        #expect(
            Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) }) == [
                "accept": "application/json", "content-type": "application/json; charset=utf-8",
                "x-ms-client-request-id": Sample.clientRequestID, "authorization": "Bearer token-1",
            ]
        )
    }

    @Test(
        "the parameters reach the wire byte for byte",
        arguments: [
            #"{"n":12345678901234567890123,"d":1.10,"e":1E+2}"#, "{ \"a\" :\t[ 1,\n2 ] }",
            #"{"b":1,"a":2,"ü":"é\u00e9/\/"}"#,
            "{}",
        ]
    )
    func parameters(text: String) async throws {
        let transport = ScriptedTransport(answering: Sample.started)
        let bytes = Array(text.utf8)

        _ = try await Sample.client(transport).createRun(
            Sample.pipeline(),
            parameters: bytes,
            clientRequestID: Sample.clientRequestID
        )

        #expect(transport.requests.first?.body == bytes)
    }

    @Test(
        "options are sent encoded, and left out where they say nothing",
        arguments: [
            (RunOptions(), ""),
            (RunOptions(referencePipelineRunID: "r-1"), "&referencePipelineRunId=r-1"),
            (
                RunOptions(
                    referencePipelineRunID: "r-1",
                    isRecovery: true,
                    startActivityName: "Copy A+B & C/ü",
                    startFromFailure: true
                ),
                "&referencePipelineRunId=r-1&isRecovery=true"
                    + "&startActivityName=Copy%20A%2BB%20%26%20C%2F%C3%BC&startFromFailure=true"
            ),
            (RunOptions(isRecovery: true, startFromFailure: true), "&isRecovery=true&startFromFailure=true"),
        ]
    )
    func options(options: RunOptions, query: String) async throws {
        let transport = ScriptedTransport(answering: Sample.started)

        _ = try await Sample.client(transport).createRun(
            Sample.pipeline(),
            parameters: [],
            options: options,
            clientRequestID: Sample.clientRequestID
        )

        #expect(transport.requests.first?.url.hasSuffix("?api-version=2018-06-01\(query)") == true)
    }

    @Test("any success with a run id is a started run", arguments: [200, 201, 202])
    func success(status: Int) async throws {
        let transport = ScriptedTransport(
            answering: .json(
                status,
                #"{"runId":"r-1","more":[1]}"#,
                [
                    HTTPHeader(name: "X-Ms-Request-Id", value: "azure-1"),
                    HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-writes", value: "199"),
                    HTTPHeader(name: "x-ms-ratelimit-remaining-subscription-global-writes", value: "2999"),
                ]
            )
        )

        let run = try await Sample.client(transport).createRun(
            Sample.pipeline(),
            parameters: [],
            clientRequestID: Sample.clientRequestID
        )

        #expect(
            run
                == CreatedRun(
                    runID: "r-1",
                    azureRequestID: "azure-1",
                    rateLimit: RateLimit(remainingWrites: 199, remainingGlobalWrites: 2999)
                )
        )
    }

    @Test(
        "a success that cannot be read is ambiguous",
        arguments: [
            "", "<html>", "{}", #"{"runId":null}"#, #"{"runId":""}"#, #"{"runId":"31f1"#, "[]", #"{"runId":1}"#,
        ]
    )
    func unreadableSuccess(body: String) async throws {
        let error = try await Sample.createRunFailure(ScriptedTransport(answering: .json(200, body)))

        #expect(error.disposition == .ambiguous)
        #expect(error.status == 200)
    }

    @Test(
        "a client request id that is no UUID is refused unsent",
        arguments: [
            "", "x", "{31f1bc88-c715-4cd9-b31f-73e51da2e079}", "31f1bc88c7154cd9b31f73e51da2e079",
            "31f1bc88-c715-4cd9-b31f-73e51da2e07g", "31f1bc88-c715-4cd9-b31f-73e51da2e07\r\n",
        ]
    )
    func badClientRequestID(id: String) async throws {
        let pipeline = try Sample.pipeline()

        let error = await #expect(throws: DataFactoryError.self) {
            try await Sample.client(ScriptedTransport([])).createRun(pipeline, parameters: [], clientRequestID: id)
        }

        #expect(error?.disposition == .permanent)
        #expect(error?.code == "InvalidClientRequestID")
        #expect(error?.message.contains { $0.isNewline } == false)
    }

    @Test("a token is asked for once and used for many runs")
    func tokenIsCached() async throws {
        let transport = ScriptedTransport(answering: Sample.started, Sample.started, Sample.started)
        let credential = ScriptedCredential()
        let client = Sample.client(transport, credential: credential)

        for _ in 0..<3 {
            _ = try await client.createRun(Sample.pipeline(), parameters: [], clientRequestID: Sample.clientRequestID)
        }

        #expect(credential.count == 1)
    }
}
