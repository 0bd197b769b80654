import Testing

@testable import TriggerWorker

extension TriggerRequest {
    /// Reads a body as a request.
    static func read(_ body: String) throws(RequestError) -> TriggerRequest {
        try TriggerRequest(.sample(body), identity: RequestIdentity("order-1"), bodyLimit: 256 << 10)
    }
}

@Suite("Reading a request's body")
struct TriggerRequestTests {
    private static func message(refusing body: String) throws -> String {
        let error = try #require(throws: RequestError.self) { _ = try TriggerRequest.read(body) }
        #expect(error.errorClass == .malformed)
        #expect(error.code == "InvalidBody")
        return error.message
    }

    // MARK: - Targets

    // To compare such texts takes the square of their length: seconds that nobody else has on this thread.
    private static let huge = String(repeating: "\u{316}\u{301}", count: 50_000)

    @Test(
        "members nobody can mean are refused before they are compared",
        arguments: [#"{"NAME":1}"#, #"{"target":{"NAME":"x"}}"#, #"{"target":"a","options":{"NAME":true}}"#]
    )
    func hugeMembers(body: String) throws {
        let message = RequestMessage.sample(body.replacing("NAME", with: Self.huge))

        let error = #expect(throws: RequestError.self) {
            try TriggerRequest(message, identity: message.identity, bodyLimit: 1 << 20)
        }

        #expect(error?.code == "InvalidBody")
        #expect(error?.message.contains("is a longer name than any in the contract") == true)
    }

    @Test(
        "targets nobody can mean are refused before they are compared",
        arguments: [
            (#""NAME""#, .unknownTarget),
            (#"{"pipeline":"NAME","factory":"f","resourceGroup":"r","subscriptionId":"s"}"#, .invalid),
        ] as [(String, ErrorClass)]
    )
    func hugeTargets(target: String, errorClass: ErrorClass) throws {
        let message = RequestMessage.sample(#"{"target":\#(target.replacing("NAME", with: Self.huge))}"#)
        let request = try TriggerRequest(message, identity: message.identity, bodyLimit: 1 << 20)

        let error = #expect(throws: RequestError.self) { try Policy.sample().resolve(request.target) }

        #expect(error?.errorClass == errorClass)
        #expect(Policy.sample().formerTargets(of: request.target).isEmpty)
    }

    @Test("an ARM id nobody can mean is none")
    func hugeResourceID() {
        let id = "/subscriptions/s/resourceGroups/r/providers/Microsoft.DataFactory/factories/f/pipelines/"

        #expect(Target(resourceID: id + "p") != nil)
        #expect(Target(resourceID: id + Self.huge) == nil)
    }

    @Test("parameters may have such names, and a name twice is still found")
    func hugeParameterNames() throws {
        let names = (0..<20).map { "\(String(repeating: "\u{316}\u{301}", count: 1500))\($0)" }
        func body(_ names: [String]) -> RequestMessage {
            .sample(#"{"target":"a","parameters":{\#(names.map { "\"\($0)\":1" }.joined(separator: ","))}}"#)
        }
        let twice = body(names + [names[7]])

        let request = try TriggerRequest(body(names), identity: twice.identity, bodyLimit: 1 << 20)
        #expect(Contradiction.comparable(request.parameters).isEmpty)
        let error = #expect(throws: RequestError.self) {
            try TriggerRequest(twice, identity: twice.identity, bodyLimit: 1 << 20)
        }
        #expect(error?.code == "InvalidBody")
    }

    @Test("a text is an alias")
    func alias() throws {
        #expect(try TriggerRequest.read(#"{"target":"nightly load é"}"#).target == .alias("nightly load é"))
        #expect(try TriggerRequest.read(#"{"target":"\u006eightly"}"#).target == .alias("nightly"))
    }

    @Test("an object names as many parts as it has")
    func parts() throws {
        let all = try TriggerRequest.read(
            #"{"target":{"pipeline":"p","factory":"f","resourceGroup":"r","subscriptionId":"s"}}"#
        )
        let one = try TriggerRequest.read(#"{"target":{"pipeline":"p"}}"#)
        let none = try TriggerRequest.read(#"{"target":{}}"#)

        #expect(all.target == .parts(subscriptionID: "s", resourceGroup: "r", factory: "f", pipeline: "p"))
        #expect(one.target == .parts(subscriptionID: nil, resourceGroup: nil, factory: nil, pipeline: "p"))
        #expect(none.target == .parts(subscriptionID: nil, resourceGroup: nil, factory: nil, pipeline: nil))
    }

    @Test(
        "a text that begins with a slash is an ARM id, its fixed parts in any case",
        arguments: [
            "/subscriptions/S/resourceGroups/R/providers/Microsoft.DataFactory/factories/F/pipelines/P q",
            "/SUBSCRIPTIONS/S/resourcegroups/R/Providers/MICROSOFT.datafactory/FACTORIES/F/Pipelines/P q",
        ]
    )
    func resourceID(id: String) throws {
        let request = try TriggerRequest.read(#"{"target":"\#(id)"}"#)

        #expect(
            request.target == .resource(Target(subscriptionID: "S", resourceGroup: "R", factory: "F", pipeline: "P q"))
        )
    }

    @Test(
        "a text that begins with a slash and is no ARM id of a pipeline is refused, and the form is shown",
        arguments: ["/", "/nightly", "/subscriptions/s/resourceGroups/r", "//"]
    )
    func brokenResourceID(id: String) throws {
        let message = try Self.message(refusing: #"{"target":"\#(id)"}"#)

        #expect(message.hasPrefix("in the body, target: must be an alias or /subscriptions/…/resourceGroups/…"))
        #expect(message.hasSuffix("(at byte 10)"))
    }

    // MARK: - Types

    @Test(
        "a value of a wrong type is refused by its path",
        arguments: [
            ("[]", "the body must be an object, not an array (at byte 0)"),
            ("\"nightly\"", "the body must be an object, not a string (at byte 0)"),
            ("null", "the body must be an object, not null (at byte 0)"),
            (#"{}"#, #"the body has no member "target" (at byte 2)"#),
            (#"{"parameters":{}}"#, #"the body has no member "target" (at byte 17)"#),
            (#"{"target":5}"#, "in the body, target: must be a string or an object, not a number (at byte 10)"),
            (#"{"target":null}"#, "in the body, target: must be a string or an object, not null (at byte 10)"),
            (#"{"target":["a"]}"#, "in the body, target: must be a string or an object, not an array (at byte 10)"),
            (#"{"target":true}"#, "in the body, target: must be a string or an object, not true or false (at byte 10)"),
            (#"{"target":""}"#, "in the body, target: must not be empty (at byte 10)"),
            (
                #"{"target":{"subscriptionId":1}}"#,
                "in the body, target.subscriptionId: must be a string, not a number (at byte 28)"
            ),
            (
                #"{"target":{"resourceGroup":[]}}"#,
                "in the body, target.resourceGroup: must be a string, not an array (at byte 27)"
            ),
            (
                #"{"target":{"factory":{}}}"#,
                "in the body, target.factory: must be a string, not an object (at byte 21)"
            ),
            (#"{"target":{"pipeline":null}}"#, "in the body, target.pipeline: must be a string, not null (at byte 22)"),
            (
                #"{"target":"t","parameters":[]}"#,
                "in the body, parameters: must be an object, not an array (at byte 27)"
            ),
            (#"{"target":"t","parameters":null}"#, "in the body, parameters: must be an object, not null (at byte 27)"),
            (
                #"{"target":"t","parameters":"{}"}"#,
                "in the body, parameters: must be an object, not a string (at byte 27)"
            ),
            (#"{"target":"t","options":[]}"#, "in the body, options: must be an object, not an array (at byte 24)"),
            (
                #"{"target":"t","options":{"referencePipelineRunId":1}}"#,
                "in the body, options.referencePipelineRunId: must be a string, not a number (at byte 50)"
            ),
            (
                #"{"target":"t","options":{"isRecovery":"true"}}"#,
                "in the body, options.isRecovery: must be true or false, not a string (at byte 38)"
            ),
            (
                #"{"target":"t","options":{"startActivityName":false}}"#,
                "in the body, options.startActivityName: must be a string, not true or false (at byte 45)"
            ),
            (
                #"{"target":"t","options":{"startFromFailure":0}}"#,
                "in the body, options.startFromFailure: must be true or false, not a number (at byte 44)"
            ),
            (
                #"{"target":"t","deadline":1700000000}"#,
                "in the body, deadline: must be a string, not a number (at byte 25)"
            ),
            (
                #"{"target":"t","parameters":{"tables":[1,{"x":.5}]}}"#,
                #"in the body, parameters.tables[1].x: is not JSON: no value begins with "." (at byte 45)"#
            ),
            (#"{"target":"t"}}"#, "the body goes on after its end (at byte 14)"), ("", "the body is empty (at byte 0)"),
        ]
    )
    func wrongType(body: String, text: String) throws {
        #expect(try Self.message(refusing: body) == text)
    }

    // MARK: - Members

    @Test(
        "an unknown member is refused by its name, with the names there are",
        arguments: [
            (#"{"target":"t","paramters":{}}"#, "paramters", 26, "target, parameters, options and deadline"),
            (#"{"Target":"t"}"#, "Target", 10, "target, parameters, options and deadline"),
            (
                #"{"target":{"pipelineName":"p"}}"#, "target.pipelineName", 26,
                "subscriptionId, resourceGroup, factory and pipeline"
            ),
            (
                #"{"target":"t","options":{"isrecovery":true}}"#, "options.isrecovery", 38,
                "referencePipelineRunId, isRecovery, startActivityName and startFromFailure"
            ),
        ]
    )
    func unknownMember(body: String, path: String, offset: Int, known: String) throws {
        #expect(
            try Self.message(refusing: body)
                == "in the body, \(path): is not a member of the contract, which has \(known) (at byte \(offset))"
        )
    }

    @Test(
        "a member twice is refused at every level",
        arguments: [
            (#"{"target":"t","target":"t"}"#, "target"), (#"{"target":"t","\u0074arget":"t"}"#, "target"),
            (#"{"target":{"factory":"f","factory":"f"}}"#, "target.factory"),
            (#"{"target":"t","parameters":{},"parameters":{}}"#, "parameters"),
            (#"{"target":"t","parameters":{"a":1,"a":1}}"#, "parameters.a"),
            (#"{"target":"t","parameters":{"a":[{"b":1,"\u0062":1}]}}"#, "parameters.a[0].b"),
            (#"{"target":"t","options":{},"options":{}}"#, "options"),
            (#"{"target":"t","options":{"isRecovery":true,"isRecovery":true}}"#, "options.isRecovery"),
        ]
    )
    func repeatedMember(body: String, path: String) throws {
        #expect(try Self.message(refusing: body).hasPrefix("in the body, \(path): stands twice in one object"))
    }

    @Test("options come by Data Factory's names, and those left out stay out")
    func options() throws {
        let all = try TriggerRequest.read(
            """
            {"options":{"referencePipelineRunId":"r","isRecovery":true,"startActivityName":"a +b",
             "startFromFailure":false},"target":"t"}
            """
        )
        let none = try TriggerRequest.read(#"{"target":"t","options":{}}"#)

        var expected = StartOptions()
        expected.referencePipelineRunID = "r"
        expected.isRecovery = true
        expected.startActivityName = "a +b"
        expected.startFromFailure = false
        #expect(all.options == expected)
        #expect(none.options == StartOptions())
    }

    // MARK: - Parameters

    @Test("a request without parameters has an empty object of them")
    func noParameters() throws {
        #expect(try TriggerRequest.read(#"{"target":"t"}"#).parameters == Array("{}".utf8))
    }

    @Test(
        "parameters stay as they came, byte for byte",
        arguments: [
            "{}", "{ }", #"{"n":9007199254740993}"#, #"{"n":1.10}"#, #"{"n":1e400}"#, #"{"n":-0}"#,
            #"{"n":123456789012345678901234567890.0}"#, #"{ "a" : [ 1 , {"b":null} ] , "c" : {} }"#,
            "{\n\t\"a\": \"é e\u{301} 😀\"\r\n}", #"{"\u0061":"\ud83d\ude00\/"}"#, #"{"a":"\u0000\n"}"#,
            "{\"a\":\"\u{FFFD}\"}",
        ]
    )
    func exactParameters(parameters: String) throws {
        let request = try TriggerRequest.read("{\"parameters\": \(parameters) ,\n\"target\":\"t\"}")

        #expect(String(decoding: request.parameters, as: UTF8.self) == parameters)
        #expect(request.parameters == Array(parameters.utf8))
    }

    @Test("the identity is the one it is given")
    func identity() throws {
        #expect(try TriggerRequest.read(#"{"target":"t"}"#).identity == RequestIdentity("order-1"))
    }
}
