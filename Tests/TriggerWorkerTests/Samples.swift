import Foundation
import Logging
import Testing

@testable import TriggerWorker

/// The subscription of the samples.
let sampleSubscription = "11111111-2222-3333-4444-555555555555"

extension Target {
    static func sample(
        subscriptionID: String = sampleSubscription,
        resourceGroup: String = "rg-data",
        factory: String = "adf-prod",
        pipeline: String = "nightly load"
    ) -> Target {
        Target(
            subscriptionID: subscriptionID,
            resourceGroup: resourceGroup,
            factory: factory,
            pipeline: pipeline
        )
    }
}

extension Policy {
    /// Knows one alias, `nightly`, and allows nothing else.
    static func sample(
        aliases: [String: Target] = ["nightly": .sample()],
        allowed: [Pattern] = [],
        replyQueue: String = "replies",
        publishers: [String] = ["*"]
    ) -> Policy {
        var policy = Policy(aliases: aliases, allowed: allowed, replyQueue: replyQueue)
        policy.publishers.others = PublisherRules.Group(publishers)
        return policy
    }
}

extension RequestMessage {
    static func sample(
        _ body: String = #"{"target":"nightly"}"#,
        messageID: String? = "order-1",
        name: String? = nil,
        publisher: String? = nil,
        identitySource: IdentitySource = IdentitySource(),
        correlationID: String? = nil,
        replyTo: String? = nil,
        contentType: String? = nil,
        contentEncoding: String? = nil,
        traceparent: String? = nil,
        history: RequestHistory = RequestHistory()
    ) -> RequestMessage {
        RequestMessage(
            body: Array(body.utf8),
            messageID: messageID,
            name: name ?? messageID,
            publisher: publisher,
            identitySource: identitySource,
            correlationID: correlationID,
            replyTo: replyTo,
            contentType: contentType,
            contentEncoding: contentEncoding,
            traceparent: traceparent,
            history: history
        )
    }
}

extension StartStateMachine.Rules {
    static func sample(check: DuplicateCheck = .redelivered, ladder: [Duration] = [.seconds(5), .seconds(30)]) -> Self {
        Self(
            check: check,
            window: .seconds(75),
            identityWindow: .seconds(86_400),
            targetPauseLimit: .seconds(86_400),
            ladder: ladder
        )
    }
}

extension RequestLife {
    static func sample(
        policy: Policy = .sample(),
        holdTime: Duration = .seconds(60),
        budget: WriteBudget = WriteBudget(perSecond: 0, burst: 1),
        health: ServiceHealth = ServiceHealth(),
        stop: StopRequest = StopRequest(),
        rules: StartStateMachine.Rules = .sample(),
        memory: RequestMemory = RequestMemory(),
        starter: ScriptedStarter,
        replies: RecordingSender
    ) -> RequestLife {
        RequestLife(
            policy: policy,
            bodyLimit: 256 << 10,
            around: RunStart.Surroundings(
                starter: starter,
                budget: budget,
                health: health,
                stop: stop,
                rules: rules,
                holdTime: holdTime,
                longestHold: .seconds(900),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ),
            memory: memory,
            replies: replies
        )
    }
}

extension Worker {
    static func sample(
        policy: Policy = .sample(),
        concurrency: Int = 4,
        stop: StopRequest = StopRequest(),
        starter: ScriptedStarter,
        replies: RecordingSender,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) -> Worker {
        var settings = WorkerSettings(concurrency: concurrency)
        settings.duplicateCheck = .redelivered
        return Worker(
            policy: policy,
            settings: settings,
            budget: WriteBudget(perSecond: 0, burst: 1),
            health: ServiceHealth(),
            stop: stop,
            starter: starter,
            replies: replies,
            logger: logger
        )
    }
}

/// JSON text in one spelling, so that two texts can be compared as what they say.
func canonical(_ json: [UInt8]) throws -> String {
    let value = try JSONSerialization.jsonObject(with: Data(json), options: [.fragmentsAllowed])
    let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
    return String(decoding: data, as: UTF8.self)
}

/// The members of a JSON object.
func members(of json: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
}
