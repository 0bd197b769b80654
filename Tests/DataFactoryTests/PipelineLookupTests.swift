import AzureIdentity
import DataFactory
import Testing

@Suite("Pipeline look-up", .timeLimit(.minutes(5)))
struct PipelineLookupTests {
    private func lookUp(_ response: HTTPResponse, ifNoneMatch: String? = nil) async throws -> PipelineLookup {
        try await Sample.client(ScriptedTransport(answering: response)).pipeline(
            Sample.pipeline(),
            ifNoneMatch: ifNoneMatch
        )
    }

    private func failure(_ response: HTTPResponse) async throws -> DataFactoryError {
        try #require(await #expect(throws: DataFactoryError.self) { try await lookUp(response) })
    }

    @Test("the request is ARM's", arguments: [nil, "\"0a00-1\""])
    func request(etag: String?) async throws {
        let transport = ScriptedTransport(answering: .json(200, #"{"properties":{}}"#))
        let pipeline = try Sample.pipeline()

        _ = try await Sample.client(transport).pipeline(pipeline, ifNoneMatch: etag)

        let request = try #require(transport.requests.first)
        #expect(request.method == .get)
        #expect(request.body.isEmpty)
        #expect(request.url == "https://management.azure.com\(pipeline.resourcePath)?api-version=2018-06-01")
        #expect(request.headers.first { $0.name == "if-none-match" }?.value == etag)
    }

    @Test("a definition with parameters of every kind")
    func definition() async throws {
        let body = #"""
            {"id":"/subscriptions/x","name":"Nightly Load","type":"Microsoft.DataFactory/factories/pipelines",
             "etag":"0a00-1",
             "properties":{"description":"Loads","activities":[{"name":"a","type":"Wait"}],
               "parameters":{"path":{"type":"String","defaultValue":"x"},"files":{"type":"Array"},
                 "n":{"type":"int","defaultValue":0},"f":{"type":"FLOAT"},"b":{"type":"Bool","defaultValue":false},
                 "o":{"type":"object"},"s":{"type":"securestring","defaultValue":null},"z":{"type":"Tensor"},"u":{}},
               "variables":{"v":{"type":"Array"}},"concurrency":3,"annotations":[],"lastPublishTime":"2026-01-01T00:00:00Z"}}
            """#

        let expected = PipelineDefinition(
            name: "Nightly Load",
            etag: "0a00-1",
            description: "Loads",
            parameters: [
                PipelineParameter(name: "path", kind: .string, hasDefault: true),
                PipelineParameter(name: "files", kind: .array, hasDefault: false),
                PipelineParameter(name: "n", kind: .int, hasDefault: true),
                PipelineParameter(name: "f", kind: .float, hasDefault: false),
                PipelineParameter(name: "b", kind: .bool, hasDefault: true),
                PipelineParameter(name: "o", kind: .object, hasDefault: false),
                PipelineParameter(name: "s", kind: .secureString, hasDefault: true),
                PipelineParameter(name: "z", kind: PipelineParameter.Kind(rawValue: "Tensor"), hasDefault: false),
                PipelineParameter(name: "u", kind: nil, hasDefault: false),
            ],
            concurrency: 3
        )
        #expect(try await lookUp(.json(200, body)) == .found(expected))
        #expect(expected.parameters.map(\.name) == ["b", "f", "files", "n", "o", "path", "s", "u", "z"])
        #expect(expected.parameter(named: "FILES")?.kind == .array)
        #expect(expected.parameter(named: "file") == nil)
    }

    @Test(
        "a definition without parameters",
        arguments: [
            #"{"properties":{}}"#, #"{"properties":{"parameters":null,"concurrency":null}}"#,
            #"{"name":7,"etag":null,"properties":{"parameters":{},"concurrency":"many","description":[]}}"#,
        ]
    )
    func sparse(body: String) async throws {
        #expect(try await lookUp(.json(200, body)) == .found(PipelineDefinition()))
    }

    @Test("the header's tag is preferred: it has the form that goes back")
    func etag() async throws {
        let response = HTTPResponse.json(
            200,
            #"{"etag":"0a00-1","properties":{}}"#,
            [HTTPHeader(name: "ETag", value: "\"0a00-1\"")]
        )

        #expect(try await lookUp(response) == .found(PipelineDefinition(etag: "\"0a00-1\"")))
    }

    @Test("304 means the caller's definition is still right")
    func notModified() async throws {
        #expect(try await lookUp(.json(304, ""), ifNoneMatch: "\"0a00-1\"") == .notModified)
    }

    @Test("304 to a caller who has nothing is an error")
    func unaskedNotModified() async throws {
        #expect(try await failure(.json(304, "")).status == 304)
    }

    @Test("a pipeline that is not there is absent", arguments: ["NotFound", "PipelineNotFound"])
    func absent(code: String) async throws {
        #expect(try await lookUp(.json(404, ServiceAnswer.error(code, "m"))) == .absent)
    }

    @Test(
        "a factory out of reach says nothing about the pipeline",
        arguments: [
            (404, "ResourceNotFound"), (404, "ResourceGroupNotFound"), (404, "SubscriptionNotFound"), (404, ""),
            (403, "AuthorizationFailed"),
        ]
    )
    func outOfReach(status: Int, code: String) async throws {
        let body = code.isEmpty ? "<html>" : ServiceAnswer.error(code, "m")

        #expect(try await failure(.json(status, body)).disposition == .access)
    }

    @Test(
        "parameters that cannot be read are an error, not none",
        arguments: [
            "", "<html>", "{}", "[]", #"{"properties":[]}"#, #"{"properties":{"parameters":[]}}"#,
            #"{"properties":{"parameters":{"a":"String"}}}"#,
        ]
    )
    func unreadable(body: String) async throws {
        let error = try await failure(.json(200, body))

        #expect(error.code == "UnreadableResponse")
        #expect(error.disposition == .safe)
    }
}
