import DataFactoryEmulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Error bodies", .timeLimit(.minutes(5)))
struct ErrorBodyTests {
    private static let unknown = "11111111-2222-4333-8444-555555555555"
    private static let version = "api-version=2018-06-01"

    @Test("Data Factory's refusals have their target and null details, in the words that were recorded")
    func provider() async throws {
        try await withEmulator { emulator in
            let pipeline = try await emulator.call(.GET, "pipelines/none")
            let start = try await emulator.createRun("none")
            let cancel = try await emulator.call(.POST, "pipelineruns/\(Self.unknown)/cancel")
            let notFound =
                #"{"error":{"code":"NotFound","message":"The document could not be retrieved because it does not exist.","#
                + #""target":"\#(EmulatorClient.factory)/pipelines/none","details":null}}"#

            #expect(pipeline.body == notFound)
            #expect(start.body == notFound)
            #expect(
                cancel.body
                    == #"{"error":{"code":"ReferencedPipelineRunNotFound","message":"Referenced pipeline run id "#
                    + #"\#(Self.unknown) does not exist.","target":"pipelinerun","details":null}}"#
            )
            #expect(!pipeline.headers.contains(name: "x-ms-failure-cause"))
            #expect(!cancel.headers.contains(name: "x-ms-failure-cause"))
        }
    }

    @Test(
        "ARM's own refusals have a code and a message, and say whose they are",
        arguments: [
            ("/subscriptions/\(EmulatorClient.subscription)/resourceGroups/rg", "/factories/none", "ResourceNotFound"),
            (
                "/subscriptions/\(EmulatorClient.subscription)/resourceGroups/no", "/factories/adf",
                "ResourceGroupNotFound"
            ),
            ("/subscriptions/\(unknown)/resourceGroups/rg", "/factories/adf", "SubscriptionNotFound"),
        ]
    )
    func gateway(_ group: String, _ factory: String, _ code: String) async throws {
        try await withEmulator { emulator in
            let path = "\(group)/providers/Microsoft.DataFactory\(factory)/pipelines/plain/createRun?\(Self.version)"
            let reply = try await emulator.send(.POST, path, token: try await emulator.token(), body: "{}")
            let error = try #require(reply["error"] as? [String: Any])

            #expect(reply.status == 404)
            #expect(error["code"] as? String == code)
            #expect(Set(error.keys) == ["code", "message"])
            #expect(reply.headers.first(name: "x-ms-failure-cause") == "gateway")
        }
    }

    @Test(
        "an unknown run is answered as the scenario has it",
        arguments: [("404", 404, "NotFound"), ("400", 400, "ReferencedPipelineRunNotFound")]
    )
    func unknownRun(_ setting: String, _ status: Int, _ code: String) async throws {
        let options = #","writes":null,"reads":null,"unknownRunStatus":\#(setting)"#
        try await withEmulator(options: options) { emulator in
            let read = try await emulator.call(.GET, "pipelineruns/\(Self.unknown)")
            let body = #"{"lastUpdatedAfter":"2026-11-22T00:00:00Z","lastUpdatedBefore":"2026-11-23T00:00:00Z"}"#
            let activities = try await emulator.call(
                .POST,
                "pipelineruns/\(Self.unknown)/queryActivityruns",
                body: body
            )

            #expect(read.status == status)
            #expect(read.errorCode == code)
            #expect(activities.status == status)
        }
    }
}
