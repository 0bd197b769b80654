import AzureIdentity
import DataFactory
import Foundation
import Testing

@Suite("Run look-up", .timeLimit(.minutes(5)))
struct RunLookupTests {
    private func run(_ response: HTTPResponse) async throws -> PipelineRun? {
        try await Sample.client(ScriptedTransport(answering: response)).run(
            "run-1",
            in: Sample.pipeline().factoryReference
        )
    }

    @Test("the request is ARM's")
    func request() async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"runId":"run-1"}"#))
        let factory = try Sample.pipeline().factoryReference

        _ = try await Sample.client(transport).run(Sample.clientRequestID, in: factory)

        let request = try #require(transport.requests.first)
        #expect(request.method == .get)
        #expect(request.body.isEmpty)
        #expect(
            request.url == "https://management.azure.com\(factory.resourcePath)/pipelineruns/"
                + "\(Sample.clientRequestID)?api-version=2018-06-01"
        )
        #expect(request.headers.contains { $0.name == "authorization" })
        #expect(!request.headers.contains { $0.name == "x-ms-client-request-id" })
    }

    @Test("a recorded answer")
    func recorded() async throws {
        let run = try await run(
            .json(
                200,
                #"""
                {"id":"/SUBSCRIPTIONS/X/PIPELINERUNS/run-1","runId":"run-1","debugRunId":null,"runGroupId":"run-1",
                 "pipelineName":"nightly load","parameters":{"files":"[\"a.csv\"]","n":"42"},
                 "invokedBy":{"id":"i","name":"Manual","invokedByType":"Manual"},
                 "runStart":"2020-03-18T20:47:30.5990379Z","runEnd":null,"durationInMs":null,"status":"InProgress",
                 "message":"","lastUpdated":"2020-03-18T20:47:31.1234567Z","annotations":[],"runDimension":{},
                 "isLatest":true}
                """#
            )
        )

        let expected = PipelineRun(
            runID: "run-1",
            status: .inProgress,
            pipelineName: "nightly load",
            parameters: ["files": #"["a.csv"]"#, "n": "42"],
            runStart: "2020-03-18T20:47:30.5990379Z",
            lastUpdated: "2020-03-18T20:47:31.1234567Z",
            runGroupID: "run-1",
            isLatest: true,
            invokedBy: PipelineRun.Invoker(id: "i", name: "Manual", type: "Manual")
        )
        #expect(run == expected)
        #expect(run?.status?.isTerminal == false)
        #expect(run?.startDate?.timeIntervalSince1970.rounded(.down) == 1_584_564_450)
        #expect(run?.endDate == nil)
        #expect(run?.lastUpdatedDate?.timeIntervalSince1970.rounded(.down) == 1_584_564_451)
    }

    @Test("the end of a run, and what a parent pipeline adds")
    func ended() async throws {
        let run = try await run(
            .json(
                200,
                #"""
                {"runId":"run-2","runGroupId":"run-1","isLatest":false,"status":"Failed","message":"Operation failed",
                 "runStart":"2026-11-22T10:00:00Z","runEnd":"2026-11-22T10:00:18.25Z","durationInMs":18250,
                 "invokedBy":{"id":"i","name":"parent","invokedByType":"PipelineActivity","pipelineName":"parent",
                              "pipelineRunId":"run-0"},
                 "runDimensions":{"team":"sales","level":3},"annotations":["nightly",7,null]}
                """#
            )
        )

        #expect(run?.duration == .milliseconds(18_250))
        #expect(run?.message == "Operation failed")
        #expect(run?.runGroupID == "run-1")
        #expect(run?.isLatest == false)
        #expect(run?.invokedBy?.type == "PipelineActivity")
        #expect(run?.invokedBy?.pipelineName == "parent")
        #expect(run?.invokedBy?.pipelineRunID == "run-0")
        #expect(run?.runDimensions == ["team": "sales", "level": "3"])
        #expect(run?.annotations == ["nightly", "7"])
        #expect(run?.startDate.flatMap { start in run?.endDate?.timeIntervalSince(start) } == 18.25)
    }

    @Test("a run prints without its parameters")
    func printing() {
        let run = PipelineRun(runID: "run-1", status: .failed, pipelineName: "p", parameters: ["password": "hunter2"])
        var dumped = ""
        dump(run, to: &dumped)

        #expect(run.description == "run run-1 [Failed] of p")
        #expect(!(dumped + String(reflecting: run)).contains("hunter2"))
    }

    @Test("only the id is needed, and members of other types do no harm")
    func sparse() async throws {
        #expect(try await run(.json(200, #"{"runId":"run-1"}"#)) == PipelineRun(runID: "run-1"))
        #expect(
            try await run(
                .json(
                    200,
                    #"{"runId":"run-1","status":7,"parameters":{"a":1,"b":true,"c":null,"d":[1],"e":1.5},"runStart":{},"durationInMs":"x","isLatest":1,"invokedBy":[],"annotations":{},"runDimension":{"a":"b"}}"#
                )
            )
                == PipelineRun(
                    runID: "run-1",
                    status: .init(rawValue: "7"),
                    parameters: ["a": "1", "b": "true", "e": "1.5"],
                    runDimensions: ["a": "b"]
                )
        )
        #expect(try await run(.json(200, #"{"runId":"run-1","parameters":[1]}"#))?.parameters == [:])
    }

    @Test(
        "a run that is not there is nil",
        arguments: [
            (404, ""), (404, #"{"error":{"code":"NotFound"}}"#), (404, #"{"error":{"code":"PipelineRunNotFound"}}"#),
            (400, #"{"error":{"code":"ReferencedPipelineRunNotFound","target":"pipelinerun"}}"#),
        ]
    )
    func absent(status: Int, body: String) async throws {
        #expect(try await run(.json(status, body, [HTTPHeader(name: "x-ms-request-id", value: "azure-1")])) == nil)
    }

    @Test(
        "a 404 that is no verdict on the run is an error",
        arguments: [
            #"{"error":{"code":"ResourceNotFound"}}"#, #"{"error":{"code":"ResourceGroupNotFound"}}"#,
            #"{"error":{"code":"SubscriptionNotFound"}}"#, "<html>404 page not found</html>", "",
        ]
    )
    func noVerdict(body: String) async throws {
        #expect(try await Sample.runFailure(ScriptedTransport(answering: .json(404, body))).disposition == .access)
    }

    @Test(
        "a success that cannot be read is an error, not an absence",
        arguments: ["", "{}", "<html>", #"{"runId":1}"#, #"{"runId":""}"#, "[]"]
    )
    func unreadable(body: String) async throws {
        let error = try await Sample.runFailure(ScriptedTransport(answering: .json(200, body)))

        #expect(error.code == "UnreadableResponse")
        #expect(error.disposition == .safe)
    }

    @Test("an id that would be another path is refused unsent", arguments: ["", ".", "..", "a/b", "a?b", "a%2Fb", "ä"])
    func badID(id: String) async throws {
        let transport = ScriptedTransport([])
        let factory = try Sample.pipeline().factoryReference

        let error = await #expect(throws: DataFactoryError.self) {
            try await Sample.client(transport).run(id, in: factory)
        }

        #expect(error?.disposition == .permanent)
        #expect(error?.message.hasPrefix("run id ") == true)
    }

    @Test(
        "ends are told from the rest, unknown words counting as the rest",
        arguments: [
            ("Succeeded", true), ("Failed", true), ("Cancelled", true), ("Canceling", false), ("Queued", false),
            ("InProgress", false), ("Daydreaming", false),
        ]
    )
    func terminal(word: String, isTerminal: Bool) {
        #expect(PipelineRun.Status(rawValue: word).isTerminal == isTerminal)
    }
}
