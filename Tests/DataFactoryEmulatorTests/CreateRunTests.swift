import AsyncHTTPClient
import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("createRun", .timeLimit(.minutes(5)))
struct CreateRunTests {
    private static let declared = """
        {"name":"typed","parameters":{"s":{"type":"String"},"i":{"type":"int","defaultValue":1},
        "f":{"type":"Float","defaultValue":1.50},"b":{"type":"Bool","defaultValue":true},
        "a":{"type":"Array","defaultValue":[1, 2]},"o":{"type":"Object","defaultValue":{"x": 1.10}},
        "secret":{"type":"SecureString","defaultValue":"hidden"}}},{"name":"plain"},{"name":"with space (1)"}
        """

    @Test("a run is started with the service's answer and headers")
    func answer() async throws {
        try await withEmulator(options: "") { emulator in
            let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"
            let correlation = "11111111-2222-4333-8444-555555555555"
            let reply = try await emulator.call(
                .POST,
                "pipelines/plain/createRun",
                id: id,
                headers: ["x-ms-correlation-request-id": correlation, "x-ms-return-client-request-id": "true"],
                body: "{}"
            )

            #expect(reply.status == 200)
            #expect(reply.body == "{\r\n  \"runId\": \"\(id)\"\r\n}")
            #expect(reply.headers.first(name: "content-type") == "application/json; charset=utf-8")
            #expect(reply.headers.first(name: "x-ms-ratelimit-remaining-subscription-writes") == "199")
            #expect(reply.headers.first(name: "x-ms-ratelimit-remaining-subscription-global-writes") == "2999")
            #expect(reply.headers.first(name: "cache-control") == "no-cache")
            #expect(reply.headers.first(name: "strict-transport-security") != nil)
            #expect(reply.headers.first(name: "x-powered-by") == "ASP.NET")
            #expect(reply.headers.first(name: "x-ms-correlation-request-id") == correlation)
            #expect(reply.headers.first(name: "x-ms-client-request-id") == id)
            let requestID = try #require(reply.headers.first(name: "x-ms-request-id"))
            #expect(GUID(requestID) != nil)
            #expect(reply.headers.first(name: "x-ms-routing-request-id")?.hasSuffix(requestID) == true)
        }
    }

    @Test("parameters are kept byte for byte")
    func parameters() async throws {
        try await withEmulator(pipelines: Self.declared) { emulator in
            let body =
                #"{"s":"é\u0041\/","i":123456789012345678901234567890,"f":1.10,"o":{"n":[ 1.0 ,{"d":1e400}]}, "a":[] }"#
            _ = try await emulator.createRun("typed", body)

            let runs = try await emulator.send(.GET, "/emulator/runs")
            #expect(runs.body.contains("\"parameters\":\(body),"))
        }
    }

    @Test("a body of no bytes is no parameters")
    func emptyBody() async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(.POST, "pipelines/plain/createRun")

            #expect(reply.status == 200)
            #expect(try await emulator.runs().first?["parameters"] as? [String: String] == [:])
        }
    }

    @Test(
        "what does not fit the declaration is refused by name",
        arguments: [
            (#"{}"#, "'s'"), (#"{"s":1}"#, "'s'"), (#"{"s":"x","i":1.0}"#, "'i'"), (#"{"s":"x","i":"1"}"#, "'i'"),
            (#"{"s":"x","f":"1"}"#, "'f'"), (#"{"s":"x","b":"true"}"#, "'b'"), (#"{"s":"x","a":{}}"#, "'a'"),
            (#"{"s":"x","o":[]}"#, "'o'"), (#"{"s":null}"#, "'s'"), (#"{"s":"x","extra":1}"#, "'extra'"),
            (#"{"s":"x","S":"y"}"#, "'S'"), (#"{"parameters":{"s":"x"}}"#, "'parameters'"),
        ]
    )
    func strict(_ body: String, _ name: String) async throws {
        try await withEmulator(pipelines: Self.declared) { emulator in
            let reply = try await emulator.createRun("typed", body)

            #expect(reply.status == 400)
            #expect(reply.errorCode == "BadRequest")
            #expect(reply.errorMessage?.contains(name) == true, "\(reply.body)")
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test("a pipeline that declares nothing takes nothing")
    func undeclared() async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.createRun("plain", #"{"x":1}"#)

            #expect(reply.status == 400)
        }
    }

    @Test("a lenient service starts the run and has it fail")
    func lenient() async throws {
        let clock = ManualClock()
        let options = #","writes":null,"reads":null,"parameterCheck":"lenient""#
        try await withEmulator(pipelines: Self.declared, options: options, clock: clock.clock) { emulator in
            let reply = try await emulator.createRun("typed", #"{"i":"x"}"#)
            let runID = try #require(reply["runId"] as? String)
            let early = try await emulator.call(.GET, "pipelineruns/\(runID)")
            clock.advance(by: .seconds(5))
            let late = try await emulator.call(.GET, "pipelineruns/\(runID)")

            #expect(early["status"] as? String == "Queued")
            #expect(late["status"] as? String == "Failed")
            #expect((late["message"] as? String)?.contains("'i'") == true)
        }
    }

    @Test(
        "a body that is no JSON object is refused",
        arguments: ["[]", "null", "\"x\"", "{", "{\"a\":1,\"a\":1}", "{}x"]
    )
    func noObject(_ body: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.createRun("plain", body)

            #expect(reply.status == 400)
            #expect(reply.errorCode == "BadRequest")
        }
    }

    @Test("names are matched in any case and decoded once")
    func names() async throws {
        try await withEmulator(pipelines: Self.declared) { emulator in
            let token = try await emulator.token()
            let path =
                "/SUBSCRIPTIONS/\(EmulatorClient.subscription.uppercased())/resourcegroups/RG/PROVIDERS"
                + "/microsoft.datafactory/FACTORIES/ADF/PIPELINES/With%20Space%20%281%29/CREATERUN?API-VERSION=2018-06-01"
            let reply = try await emulator.send(.POST, path, token: token, body: "{}")
            let twice = try await emulator.createRun("with%2520space%2520%281%29")

            #expect(reply.status == 200, "\(reply.body)")
            #expect(try await emulator.runs().first?["pipeline"] as? String == "with space (1)")
            #expect(twice.status == 404)
        }
    }

    @Test(
        "what is not there is refused with its own code",
        arguments: [
            (
                "/subscriptions/00000000-0000-4000-8000-00000000000b/resourceGroups/rg/providers/Microsoft.DataFactory/factories/adf",
                404, "SubscriptionNotFound"
            ),
            (
                "/subscriptions/nonsense/resourceGroups/rg/providers/Microsoft.DataFactory/factories/adf", 400,
                "InvalidSubscriptionId"
            ),
            (
                "/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/other/providers/Microsoft.DataFactory/factories/adf",
                404, "ResourceGroupNotFound"
            ),
            (
                "/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/rg/providers/Microsoft.DataFactory/factories/other",
                404, "ResourceNotFound"
            ),
        ]
    )
    func unknown(_ factory: String, _ status: Int, _ code: String) async throws {
        try await withEmulator { emulator in
            let path = "\(factory)/pipelines/plain/createRun?api-version=2018-06-01"
            let reply = try await emulator.send(.POST, path, token: try await emulator.token(), body: "{}")

            #expect(reply.status == status)
            #expect(reply.errorCode == code)
        }
    }

    @Test("an unknown pipeline is named in full")
    func unknownPipeline() async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.createRun("none")

            #expect(reply.status == 404)
            #expect(reply.errorCode == "NotFound")
            #expect(
                (reply["error"] as? [String: Any])?["target"] as? String == EmulatorClient.factory + "/pipelines/none"
            )
        }
    }

    @Test("the API version is required and must be the one there is")
    func version() async throws {
        try await withEmulator { emulator in
            let path = EmulatorClient.factory + "/pipelines/plain/createRun"
            let token = try await emulator.token()
            let missing = try await emulator.send(.POST, path, token: token, body: "{}")
            let wrong = try await emulator.send(.POST, path + "?api-version=2017-09-01", token: token, body: "{}")

            #expect(missing.status == 400)
            #expect(missing.errorCode == "MissingApiVersionParameter")
            #expect(wrong.status == 400)
            #expect(wrong.errorCode == "InvalidApiVersionParameter")
        }
    }

    @Test("a body above 1 MiB is refused and the connection stays good")
    func tooLarge() async throws {
        try await withEmulator { emulator in
            let body = "{\"x\":\"" + String(repeating: "x", count: 1_048_576) + "\"}"
            let reply = try await emulator.createRun("plain", body)

            #expect(reply.status == 413)
            #expect(try await emulator.createRun().status == 200)
        }
    }

    @Test("a recovery run takes the parameters and the group of the run it refers to")
    func recovery() async throws {
        try await withEmulator(pipelines: Self.declared) { emulator in
            let first = try #require(try await emulator.createRun("typed", #"{"s":"first"}"#)["runId"] as? String)
            let query =
                "referencePipelineRunId=\(first)&isRecovery=true&startActivityName=Copy%20%2B%201&startFromFailure=true"
            let reply = try await emulator.call(.POST, "pipelines/typed/createRun?\(query)", body: #"{"s":7}"#)
            let second = try #require(reply["runId"] as? String)
            let run = try await emulator.call(.GET, "pipelineruns/\(second)")
            let earlier = try await emulator.call(.GET, "pipelineruns/\(first)")

            #expect(second != first)
            #expect((run["parameters"] as? [String: String])?["s"] == "first")
            #expect(run["runGroupId"] as? String == first)
            #expect(run["isLatest"] as? Bool == true)
            #expect(earlier["isLatest"] as? Bool == false)
            let listed = try #require(try await emulator.runs().last)
            #expect(listed["referencePipelineRunId"] as? String == first)
            #expect(listed["startActivityName"] as? String == "Copy + 1")
            #expect(listed["isRecovery"] as? Bool == true)
            #expect(listed["startFromFailure"] as? Bool == true)
        }
    }

    @Test(
        "a bad option is refused",
        arguments: [
            ("referencePipelineRunId=x", "ReferencedPipelineRunNotValid"),
            ("referencePipelineRunId=11111111-2222-4333-8444-555555555555", "ReferencedPipelineRunNotFound"),
            ("isRecovery=yes", "BadRequest"), ("startFromFailure=1", "BadRequest"),
        ]
    )
    func badOptions(_ query: String, _ code: String) async throws {
        try await withEmulator { emulator in
            let reply = try await emulator.call(.POST, "pipelines/plain/createRun?\(query)", body: "{}")

            #expect(reply.status == 400)
            #expect(reply.errorCode == code)
        }
    }
}
