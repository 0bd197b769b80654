import Testing

@testable import TriggerWorker

@Suite("What may be started")
struct PolicyTests {
    private static func withDefaults(_ factory: String? = "Adf-Prod") -> Policy {
        Policy(
            defaultSubscriptionID: sampleSubscription,
            defaultResourceGroup: "RG-Data",
            defaultFactory: factory,
            replyQueue: "replies"
        )
    }

    private static func policy(allowing patterns: String...) throws -> Policy {
        .sample(aliases: [:], allowed: try patterns.map { try #require(Policy.Pattern($0)) })
    }

    // MARK: - Resolving

    @Test("an alias stands for the target configured under just that name")
    func alias() throws {
        #expect(try Policy.sample().resolve(.alias("nightly")) == .sample())
    }

    @Test("an alias nobody configured is unknown", arguments: ["Nightly", "nightly ", "other"])
    func unknownAlias(name: String) throws {
        let error = try #require(throws: RequestError.self) { _ = try Policy.sample().resolve(.alias(name)) }

        #expect(error.errorClass == .unknownTarget)
        #expect(error.message == "no target is configured under the name \"\(name)\"")
    }

    @Test("an ARM id needs no configuration")
    func resource() throws {
        let target = Target.sample(factory: "elsewhere")

        #expect(try Policy.sample().resolve(.resource(target)) == target)
    }

    @Test("what a request leaves out comes from the defaults, and what it names stays")
    func defaults() throws {
        let policy = Self.withDefaults()

        let least = try policy.resolve(.parts(subscriptionID: nil, resourceGroup: nil, factory: nil, pipeline: "p"))
        let most = try policy.resolve(.parts(subscriptionID: "s", resourceGroup: "r", factory: "f", pipeline: "p"))

        #expect(least == .sample(resourceGroup: "RG-Data", factory: "Adf-Prod", pipeline: "p"))
        #expect(most == Target(subscriptionID: "s", resourceGroup: "r", factory: "f", pipeline: "p"))
    }

    @Test(
        "a part that is missing and has no default is named",
        arguments: [
            (nil, "r", "f", "p", "subscriptionId"), ("s", nil, "f", "p", "resourceGroup"),
            ("s", "r", nil, "p", "factory"), ("s", "r", "f", nil, "pipeline"),
        ] as [(String?, String?, String?, String?, String)]
    )
    func missingPart(
        subscriptionID: String?,
        resourceGroup: String?,
        factory: String?,
        pipeline: String?,
        name: String
    ) throws {
        let error = try #require(throws: RequestError.self) {
            _ = try Policy.sample().resolve(
                .parts(
                    subscriptionID: subscriptionID,
                    resourceGroup: resourceGroup,
                    factory: factory,
                    pipeline: pipeline
                )
            )
        }

        #expect(error.errorClass == .invalid)
        #expect(error.code == "IncompleteTarget")
        #expect(error.message == "target.\(name) is missing, and the worker has no default for it")
    }

    @Test("there is no default pipeline")
    func noDefaultPipeline() {
        #expect(throws: RequestError.self) {
            _ = try Self.withDefaults().resolve(
                .parts(subscriptionID: nil, resourceGroup: nil, factory: nil, pipeline: nil)
            )
        }
    }

    // MARK: - Allowing

    @Test("nothing is allowed until something is configured")
    func nothing() {
        #expect(!Policy(replyQueue: "replies").allows(.sample()))
    }

    @Test("what an alias stands for is allowed, by its ARM id too and in any case")
    func aliasTarget() {
        let policy = Policy.sample()

        #expect(policy.allows(.sample()))
        #expect(policy.allows(.sample(resourceGroup: "RG-DATA", factory: "Adf-Prod", pipeline: "Nightly Load")))
        #expect(!policy.allows(.sample(pipeline: "nightly load 2")))
        #expect(!policy.allows(.sample(factory: "adf-test")))
    }

    @Test("every pipeline of the default factory is allowed, and none beside it")
    func defaultFactory() {
        let policy = Self.withDefaults()

        #expect(policy.allows(.sample(pipeline: "anything")))
        #expect(policy.allows(.sample(factory: "ADF-PROD")))
        #expect(!policy.allows(.sample(factory: "adf-prod2")))
        #expect(!policy.allows(.sample(resourceGroup: "other")))
        #expect(!policy.allows(.sample(subscriptionID: "other")))
    }

    @Test("defaults that do not name a factory allow nothing")
    func incompleteDefaults() {
        #expect(!Self.withDefaults(nil).allows(.sample()))
    }

    @Test("a star allows everything")
    func star() throws {
        #expect(try Self.policy(allowing: "*").allows(.sample()))
        #expect(try Self.policy(allowing: "*/*/*/*").allows(.sample()))
    }

    @Test("a pattern allows what has its names, in any case, with a star for any one")
    func pattern() throws {
        let exact = try Self.policy(allowing: "\(sampleSubscription)/RG-Data/ADF-prod/Nightly Load")
        let anyPipeline = try Self.policy(allowing: "\(sampleSubscription)/rg-data/adf-prod/*")
        let second = try Self.policy(allowing: "x/x/x/x", "*/*/adf-prod/*")

        #expect(exact.allows(.sample(pipeline: "NIGHTLY load")))
        #expect(!exact.allows(.sample(pipeline: "nightly")))
        #expect(anyPipeline.allows(.sample(pipeline: "other")))
        #expect(!anyPipeline.allows(.sample(factory: "other")))
        #expect(second.allows(.sample()))
        #expect(!second.allows(.sample(factory: "adf-prod2")))
    }

    @Test("a star inside a name is part of the name")
    func starInName() throws {
        #expect(try !Self.policy(allowing: "*/*/*/night*").allows(.sample()))
    }

    @Test(
        "names that only look alike are two names",
        arguments: [("kilo", "\u{212A}ilo"), ("\u{C9}", "E\u{301}"), ("é", "É")]
    )
    func similarNames(allowed: String, asked: String) throws {
        let byPattern = try Self.policy(allowing: "*/*/*/\(allowed)")
        let byAlias = Policy.sample(aliases: ["a": .sample(pipeline: allowed)])

        #expect(byPattern.allows(.sample(pipeline: allowed)))
        #expect(byAlias.allows(.sample(pipeline: allowed)))
        #expect(!byPattern.allows(.sample(pipeline: asked)))
        #expect(!byAlias.allows(.sample(pipeline: asked)))
    }

    @Test(
        "a line that is no pattern is refused",
        arguments: ["", "a", "a/b/c", "a/b/c/d/e", "a//c/d", "/a/b/c", "a/b/c/", "**"]
    )
    func noPattern(text: String) {
        #expect(Policy.Pattern(text) == nil)
    }
}
