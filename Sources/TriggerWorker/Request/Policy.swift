internal import FoundationEssentials

/// Which pipelines may be started and by whom, and where replies may go.
package struct Policy: Sendable {
    /// One line of the allow-list: four names, compared as ARM compares them, `*` for any.
    package struct Pattern: Sendable, Hashable {
        private let parts: [String]

        /// Reads `subscription/resource group/factory/pipeline`, or `*` for everything.
        ///
        /// - Returns: nil where it is neither.
        package init?(_ text: String) {
            if text == "*" {
                parts = Array(repeating: Self.any, count: 4)
                return
            }
            parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count == 4, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        }

        func allows(_ target: Target) -> Bool {
            let names = [target.subscriptionID, target.resourceGroup, target.factory, target.pipeline]
            return zip(parts, names).allSatisfy { $0 == Self.any || $0.isSameName(as: $1) }
        }

        private static let any = "*"
    }

    /// The configured aliases.
    package var aliases: [String: Target]
    /// What aliases meant before; looked up, never started.
    package var formerTargets: [String: [Target]] = [:]
    /// How runs are recognised in a factory, by its ARM id in lower case, where that is not the rule.
    package var factoryRules: [String: IdentityRule] = [:]
    /// How runs are recognised elsewhere.
    package var identityRule = IdentityRule.clientRequestID
    /// What a request may leave out.
    package var defaultSubscriptionID: String?
    package var defaultResourceGroup: String?
    package var defaultFactory: String?
    /// What may be started beyond the aliases and the default factory.
    package var allowed: [Pattern]
    /// Who may start them.
    package var publishers = PublisherRules()
    /// Where answers go when a request names no queue, or one it may not use.
    package var replyQueue: String
    /// The worker's own queues, whatever they are called; no reply goes there at a requester's wish.
    package var ownQueues: Set<String>

    /// Allows the aliases and, where all three defaults are set, the default factory.
    package init(
        aliases: [String: Target] = [:],
        defaultSubscriptionID: String? = nil,
        defaultResourceGroup: String? = nil,
        defaultFactory: String? = nil,
        allowed: [Pattern] = [],
        replyQueue: String,
        ownQueues: Set<String> = []
    ) {
        self.aliases = aliases
        self.defaultSubscriptionID = defaultSubscriptionID
        self.defaultResourceGroup = defaultResourceGroup
        self.defaultFactory = defaultFactory
        self.allowed = allowed
        self.replyQueue = replyQueue
        self.ownQueues = ownQueues
    }

    // MARK: - Targets

    /// Completes the target a request names.
    ///
    /// - Throws: ``RequestError``: `unknownTarget` for an alias nobody configured, `invalid` where a part is missing.
    package func resolve(_ requested: RequestedTarget) throws(RequestError) -> Target {
        switch requested {
        case .resource(let target): return target
        case .alias(let name):
            guard name.utf8.count <= Target.nameByteLimit, let target = aliases[name] else {
                throw RequestError(
                    .unknownTarget,
                    code: "UnknownAlias",
                    "no target is configured under the name \"\(name.truncated(toByteCount: 256))\""
                )
            }
            return target
        case .parts(let subscriptionID, let resourceGroup, let factory, let pipeline):
            return Target(
                subscriptionID: try part(subscriptionID ?? defaultSubscriptionID, "subscriptionId"),
                resourceGroup: try part(resourceGroup ?? defaultResourceGroup, "resourceGroup"),
                factory: try part(factory ?? defaultFactory, "factory"),
                pipeline: try part(pipeline, "pipeline")
            )
        }
    }

    private func part(_ value: String?, _ name: String) throws(RequestError) -> String {
        guard let value else {
            throw RequestError(
                .invalid,
                code: "IncompleteTarget",
                "target.\(name) is missing, and the worker has no default for it"
            )
        }
        guard value.utf8.count <= Target.nameByteLimit else {
            throw RequestError(
                .invalid,
                code: "InvalidName",
                "target.\(name) has \(value.utf8.count) bytes, and no name in Azure has more than \(Target.nameByteLimit)"
            )
        }
        return value
    }

    /// Other pipelines that an alias has meant: what was asked for under its name may run there.
    package func formerTargets(of requested: RequestedTarget) -> [Target] {
        guard case .alias(let name) = requested, name.utf8.count <= Target.nameByteLimit else { return [] }
        return formerTargets[name] ?? []
    }

    /// How the run of a request for this target is recognised.
    func identityRule(for target: Target) -> IdentityRule {
        factoryRules.isEmpty ? identityRule : factoryRules[target.factoryKey] ?? identityRule
    }

    /// Judges a request whose target is known.
    ///
    /// - Throws: ``RequestError`` of class `forbidden` or `expired`.
    func authorize(
        _ request: TriggerRequest,
        for target: Target,
        of message: RequestMessage
    ) throws(RequestError) {
        guard allows(target) else {
            throw RequestError(
                .forbidden,
                code: "TargetNotAllowed",
                "this worker may not start \(target.resourceID); the operator can allow it by policy.allow"
            )
        }
        try publishers.check(message.publisher, for: target)
        guard replyAddress(for: message).isAsRequested else {
            throw RequestError(
                .forbidden,
                code: "ReplyQueueNotAllowed",
                "replies may not go to \"\(message.replyTo ?? "")\"; name a queue of your own in reply-to"
            )
        }
        if let deadline = request.deadline, deadline < Date() {
            throw RequestError(deadlinePassed: deadline, attempts: message.history.attempts)
        }
    }

    /// Whether this target may be started.
    func allows(_ target: Target) -> Bool {
        isInDefaultFactory(target) || aliases.values.contains { $0.isSame(as: target) }
            || allowed.contains { $0.allows(target) }
    }

    private func isInDefaultFactory(_ target: Target) -> Bool {
        guard let defaultSubscriptionID, let defaultResourceGroup, let defaultFactory else { return false }
        return target.factory.isSameName(as: defaultFactory)
            && target.resourceGroup.isSameName(as: defaultResourceGroup)
            && target.subscriptionID.isSameName(as: defaultSubscriptionID)
    }

    // MARK: - Replies

    /// The prefix of the addresses RabbitMQ makes for direct reply-to.
    static let directReplyPrefix = "amq.rabbitmq.reply-to."

    /// Where the answer to a message goes, and whether that is where the requester asked for it.
    ///
    /// Queues named `adf.trigger.…` are the worker's own, under other names too, and `amq.…` the broker's: a reply there could start a run, or
    /// land among the error copies. `amq.gen-…` is what RabbitMQ calls the queues whose names it is asked to choose,
    /// which is how most requesters get theirs.
    func replyAddress(for message: RequestMessage) -> (address: ReplyAddress, isAsRequested: Bool) {
        guard let wanted = message.replyTo, !wanted.isEmpty else { return (.queue(replyQueue), true) }
        if wanted.hasPrefix(Self.directReplyPrefix) { return (.direct(wanted), true) }
        let isReserved =
            wanted.hasPrefix("adf.trigger.") || ownQueues.contains(wanted)
            || (wanted.hasPrefix("amq.") && !wanted.hasPrefix("amq.gen-"))
        guard !isReserved || wanted == replyQueue else { return (.queue(replyQueue), false) }
        return (.queue(wanted), true)
    }
}

/// Where an answer goes.
package enum ReplyAddress: Sendable, Hashable {
    /// A queue, by the default exchange.
    case queue(String)
    /// An address of RabbitMQ's direct reply-to, which lives as long as the requester's channel.
    case direct(String)

    /// The routing key.
    package var routingKey: String {
        switch self {
        case .queue(let name), .direct(let name): name
        }
    }
}
