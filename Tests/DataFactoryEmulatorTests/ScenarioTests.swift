import DataFactoryEmulator
import Testing

@Suite("Scenario files")
struct ScenarioTests {
    private func scenario(_ json: String) throws -> Scenario {
        try Scenario(json: Array(json.utf8))
    }

    @Test("the example is a scenario")
    func example() throws {
        let scenario = try scenario(Scenario.example)

        #expect(scenario.tenants.first?.clientSecret == "example+secret&1=%")
        #expect(scenario.factories.first?.pipelines.map(\.name) == ["ingest-orders", "always-fails", "one-at-a-time"])
    }

    @Test("the example's settings are what is taken where they are left out")
    func exampleIsUsual() throws {
        let example = try scenario(Scenario.example)
        let bare = try scenario(#"{"factories":[]}"#)

        #expect(example.tokenLifetimeSeconds == bare.tokenLifetimeSeconds)
        #expect(example.clock == bare.clock)
        #expect(example.runIDs == bare.runIDs)
        #expect(example.dedupe == bare.dedupe)
        #expect(example.parameterCheck == bare.parameterCheck)
        #expect(example.queueLimit == bare.queueLimit)
        #expect(example.queueOverflow == bare.queueOverflow)
        #expect(example.queryLag == bare.queryLag)
        #expect(example.unknownRunStatus == bare.unknownRunStatus)
        #expect(example.keptRuns == bare.keptRuns)
        #expect(example.writes == bare.writes)
        #expect(example.reads == bare.reads)
        #expect(example.faults == bare.faults)
    }

    @Test("what is left out has the service's own numbers")
    func defaults() throws {
        let scenario = try scenario(#"{"factories":[]}"#)

        #expect(scenario.writes == Scenario.Budget(bucket: 200, perSecond: 10))
        #expect(scenario.reads == Scenario.Budget(bucket: 250, perSecond: 25))
        #expect(scenario.tokenLifetimeSeconds == 3599)
        #expect(scenario.runIDs == .client)
        #expect(scenario.parameterCheck == .strict)
        #expect(scenario.dedupe == nil)
        #expect(scenario.tenants.isEmpty)
        #expect(scenario.clock == .system)
        #expect(scenario.queueLimit == 100)
        #expect(scenario.queueOverflow == .refuse)
        #expect(scenario.keptRuns == 100_000)
        #expect(scenario.unknownRunStatus == 404)
    }

    @Test("null takes the limits away")
    func noLimits() throws {
        let scenario = try scenario(#"{"factories":[],"writes":null,"reads":null,"dedupeSeconds":0}"#)

        #expect(scenario.writes == nil)
        #expect(scenario.reads == nil)
        #expect(scenario.dedupe == .zero)
    }

    @Test("types are read in any case")
    func types() throws {
        let json = #"{"type":"secureSTRING"}"#
        let scenario = try scenario(
            #"{"factories":[{"subscriptionId":"s","resourceGroup":"r","name":"f","pipelines":[{"name":"p","parameters":{"x":\#(json)}}]}]}"#
        )

        #expect(scenario.factories[0].pipelines[0].parameters[0].type == .secureString)
    }

    @Test(
        "a mistake is named by its path and its mend",
        arguments: [
            ("{", "$", "not JSON"),
            ("[]", "$", "must be an object"),
            ("{}", "$", "\"factories\" is missing"),
            (#"{"factories":{}}"#, "$.factories", "must be an array"),
            (#"{"factories":[],"factory":1}"#, "$.factory", "known here"),
            (#"{"factories":[],"runIds":"clients"}"#, "$.runIds", "\"client\", \"server\", \"replayErrors\""),
            (#"{"factories":[],"dedupeSeconds":-1}"#, "$.dedupeSeconds", "from 0.0"),
            (#"{"factories":[],"writes":{"bucket":0,"perSecond":1}}"#, "$.writes.bucket", "from 1"),
            (#"{"factories":[],"writes":{"bucket":1}}"#, "$.writes", "\"perSecond\" is missing"),
            (#"{"factories":[],"tenants":[{"tenantId":"t","clientId":7}]}"#, "$.tenants[0].clientId", "text in quotes"),
            (#"{"factories":[],"faults":[{"route":"*","fault":"hung"}]}"#, "$.faults[0].fault", "\"hang\""),
            (
                #"{"factories":[],"faults":[{"route":"*","fault":"hang"},{"route":"*","fault":"html"}]}"#,
                "$.faults[1]",
                "$.faults[0] strikes every time"
            ),
            (
                #"{"factories":[],"faults":[{"route":"*","fault":"hang","pipeline":"p"}]}"#, "$.faults[0].pipeline",
                "a pipeline of the scenario"
            ),
            (#"{"factories":[],"clock":"stopped"}"#, "$.clock", "\"system\", \"manual\""),
            (#"{"factories":[],"queueOverflow":"drop"}"#, "$.queueOverflow", "\"refuse\", \"fail\""),
            (#"{"factories":[],"queueLimit":-1}"#, "$.queueLimit", "from 0"),
            (#"{"factories":[],"keptRuns":0}"#, "$.keptRuns", "from 1"),
            (#"{"factories":[],"unknownRunStatus":402}"#, "$.unknownRunStatus", "404 or 400"),
            (
                #"{"factories":[],"tenants":[{"tenantId":"t","clientId":"c","clientSecret":"s","mayRun":1}]}"#,
                "$.tenants[0].mayRun", "true or false"
            ),
            (
                #"{"factories":[{"subscriptionId":"s","resourceGroup":"r","name":"f","pipelines":[],"runLimit":0}]}"#,
                "$.factories[0].runLimit", "from 1"
            ),
            (
                #"{"factories":[{"subscriptionId":"s","resourceGroup":"r","name":"f"}]}"#, "$.factories[0]",
                "\"pipelines\""
            ),
        ]
    )
    func mistakes(_ json: String, _ path: String, _ hint: String) {
        let error = #expect(throws: ScenarioError.self) { try scenario(json) }

        #expect(error?.path == path)
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test(
        "a mistake inside a pipeline is named by its path",
        arguments: [
            (#"{"name":"p","outcome":"Ok"}"#, ".outcome", "Succeeded"),
            (#"{"name":"p","concurrency":51}"#, ".concurrency", "from 1 to 50"),
            (#"{"name":"p","durationSeconds":"3"}"#, ".durationSeconds", "number"),
            (#"{"name":"p","parameters":{"a":{"type":"Integer"}}}"#, ".parameters.a.type", "SecureString"),
            (#"{"name":"p","parameters":{"a":{}}}"#, ".parameters.a", "\"type\" is missing"),
            (
                #"{"name":"p","parameters":{"a":{"type":"Int","defaultValue":1.5}}}"#, ".parameters.a.defaultValue",
                "Int"
            ),
            (#"{"name":"p","parameters":{"a":{"type":"Int"},"A":{"type":"Int"}}}"#, ".parameters.A", "already"),
        ]
    )
    func pipelineMistakes(_ pipeline: String, _ path: String, _ hint: String) {
        let json = #"{"factories":[{"subscriptionId":"s","resourceGroup":"r","name":"f","pipelines":[\#(pipeline)]}]}"#
        let error = #expect(throws: ScenarioError.self) { try scenario(json) }

        #expect(error?.path == "$.factories[0].pipelines[0]" + path)
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
    }

    @Test("two things of one name are refused, whatever their case")
    func repeats() {
        let pipelines =
            #"{"factories":[{"subscriptionId":"s","resourceGroup":"r","name":"f","pipelines":[{"name":"p"},{"name":"P"}]}]}"#
        let factory = #"{"subscriptionId":"s","resourceGroup":"r","name":"F","pipelines":[]}"#
        let factories = #"{"factories":[\#(factory),\#(factory.replacing("\"F\"", with: "\"f\""))]}"#

        #expect(throws: ScenarioError.self) { try scenario(pipelines) }
        #expect(throws: ScenarioError.self) { try scenario(factories) }
    }
}
