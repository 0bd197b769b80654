internal import Logging
internal import RabbitMQ
internal import Telemetry
internal import TriggerWorker

/// The whole configuration, read and checked.
struct Settings: Sendable {
    /// What a command needs beyond what has defaults.
    struct Needs: OptionSet {
        let rawValue: Int

        /// `amqp.url` must be set.
        static let broker = Needs(rawValue: 1)
        /// ``Settings/azure`` must be there.
        static let azure = Needs(rawValue: 2)
    }

    /// In order of preference; none where the command does not need them.
    var brokers: [ConnectionConfiguration]
    var topology: Topology
    var topologyMode: TopologyMode
    var worker: WorkerSettings
    var prefetch: UInt16
    var stopTime: Duration
    var policy: Policy
    /// What names a request.
    var identity: IdentitySource
    /// Whose copies are believed to say who published a request; nil where nothing depends on it, or no broker is needed.
    var trust: CopyTrust?
    /// Nil where the command does not call Azure.
    var azure: Azure?
    var markers: MarkerSettings
    /// Where probes are answered; nil for nowhere.
    var http: HTTPAddress?
    var logFormat: LogFormat
    var logLevel: Logger.Level

    /// Reads every layer.
    ///
    /// - Parameters:
    ///   - assignments: `KEY=VALUE` from the command line.
    ///   - environment: The process's environment; the platform's own variables are read from it too.
    ///   - needs: What must be set.
    /// - Throws: ``ConfigurationError`` with every fault.
    init(
        file: ConfigurationFile,
        assignments: [String],
        environment: [String: String],
        needs: Needs
    ) throws(ConfigurationError) {
        var reader = try SettingsReader(assignments: assignments, environment: environment, file: file)

        brokers = needs.contains(.broker) ? Self.brokers(&reader) : []
        topology = Topology(&reader)
        topologyMode = reader.choice(.topologyMode, default: .declare)
        worker = WorkerSettings(
            concurrency: reader.integer(.concurrency, in: 1...4096, default: 32),
            // RabbitMQ takes a delivery back after 30 min without acknowledgement.
            holdTime: .seconds(reader.integer(.holdSeconds, in: 1...1200, default: 60)),
            // 128 MiB: RabbitMQ's own default limit of a message.
            bodyLimit: reader.integer(.bodyLimit, in: 1...134_217_728, default: 256 << 10)
        )
        // 2000: a quorum queue serves no larger prefetch.
        let prefetchCount = reader.integer(.prefetch, in: 1...2000, default: min(2 * worker.concurrency, 2000))
        prefetch = UInt16(clamping: prefetchCount)
        if prefetchCount < worker.concurrency {
            reader.fault(
                .prefetch,
                "\(prefetchCount) is less than worker.concurrency, \(worker.concurrency), which could never be reached"
            )
        }
        stopTime = .seconds(reader.integer(.stopSeconds, in: 1...3600, default: 25))
        policy = Policy(&reader, file, topology)
        identity = IdentitySource(&reader)
        let needsPublishers = identity.isPerPublisher || policy.publishers.isRestrictive
        trust = needsPublishers ? CopyTrust(&reader, brokers) : nil
        azure = needs.contains(.azure) ? Azure(&reader, environment: environment) : nil
        markers = MarkerSettings(
            // Data Factory keeps runs for 45 days.
            lookBack: .seconds(reader.integer(.markerLookBackSeconds, in: 60...3_888_000, default: 24 * 3600)),
            pageLimit: reader.integer(.markerPageLimit, in: 1...1000, default: 100)
        )
        http = HTTPAddress(&reader)
        logFormat = reader.choice(.logFormat, default: .json)
        logLevel = reader.choice(.logLevel, default: .info)
        readLife(&reader)
        guard reader.faults.isEmpty else { throw ConfigurationError(faults: reader.faults) }
    }

    /// What decides when a request is started, looked up and put back.
    private mutating func readLife(_ reader: inout SettingsReader) {
        worker.duplicateCheck = reader.choice(.duplicateCheck, default: worker.duplicateCheck)
        worker.identityWindow = .seconds(
            reader.integer(.identityWindowSeconds, in: 1...3_888_000, default: 24 * 3600)
        )
        worker.targetPauseLimit = .seconds(
            reader.integer(.targetPauseLimitSeconds, in: 1...2_592_000, default: 24 * 3600)
        )
        worker.settleTime = .seconds(reader.integer(.markerSettleSeconds, in: 0...86_400, default: 900))
        worker.ladder = topology.delaySeconds.map { .seconds($0) }
        guard let azure else { return }
        worker.longestHold = max(
            worker.holdTime,
            min(worker.longestHold, (Self.acknowledgementLimit - Self.acknowledgementSlack) / rounds - azure.timeout)
        )
        // A holder whose connection is gone does not know it before two heartbeats are missed, and may call until then.
        let unnoticed = brokers.map(\.heartbeat).max().map { $0 * 2 } ?? .zero
        worker.window = reader.text(.windowSeconds) == nil ? azure.window + unnoticed : azure.window
        if let longest = worker.ladder.last, longest < worker.window {
            reader.fault(
                .delaySeconds,
                "the longest is \(longest.components.seconds) s, and must be at least azure.windowSeconds, "
                    + "\(worker.window.components.seconds) s: so long a request waits until an earlier attempt is over"
            )
        }
    }

    private static func brokers(_ reader: inout SettingsReader) -> [ConnectionConfiguration] {
        guard let uri = reader.text(.amqpURL) else {
            reader.fault(.amqpURL, "is not set; expected amqps://user:password@host:port/vhost")
            return []
        }
        do {
            return try ConnectionConfiguration.configurations(uris: uri)
        } catch {
            reader.fault(.amqpURL, error.message)
            return []
        }
    }
}

extension Settings {
    /// How long the last request of a full prefetch may be held when every one before it takes all its time.
    var longestHold: Duration {
        (worker.holdTime + (azure?.timeout ?? .zero)) * rounds
    }

    /// How many requests of a full prefetch are served one after the other.
    private var rounds: Int { (Int(prefetch) + worker.concurrency - 1) / worker.concurrency }

    /// RabbitMQ closes the channel of a consumer that does not acknowledge for 30 min, by default.
    static let acknowledgementLimit = Duration.seconds(30 * 60)
    /// For what follows the hold: an error copy, a last look-up, the reply.
    private static let acknowledgementSlack = Duration.seconds(120)
}

extension Policy {
    fileprivate init(_ reader: inout SettingsReader, _ file: ConfigurationFile, _ topology: Topology) {
        self.init(replyQueue: topology.replies, ownQueues: Set(topology.declarations.map { $0.name }))
        defaultSubscriptionID = reader.text(.defaultSubscriptionID)
        defaultResourceGroup = reader.text(.defaultResourceGroup)
        defaultFactory = reader.text(.defaultFactory)
        for text in reader.list(.policyAllow) ?? [] {
            guard let pattern = Pattern(text) else {
                reader.fault(
                    .policyAllow,
                    "\"\(text)\" is neither * nor subscription/resource-group/factory/pipeline with * for any"
                )
                continue
            }
            allowed.append(pattern)
        }
        for (alias, target) in file.aliases {
            guard !alias.isEmpty, !alias.hasPrefix("/") else {
                reader.fault("targets: \"\(alias)\" can't be an alias, which is not empty and does not begin with /")
                continue
            }
            do throws(RequestError) {
                self.aliases[alias] = try resolve(target)
                for former in file.formerTargets[alias] ?? [] {
                    formerTargets[alias, default: []].append(try resolve(former))
                }
            } catch {
                reader.fault("targets.\(alias): \(error.message)")
            }
        }
        readPublishers(&reader, file)
        readIdentityRules(&reader, file)
    }

    /// How runs are recognised, in general and in single factories.
    private mutating func readIdentityRules(_ reader: inout SettingsReader, _ file: ConfigurationFile) {
        let kind = reader.text(.runIdentity) ?? "clientRequestId"
        if let rule = IdentityRule(kind: kind, markerParameter: reader.text(.markerParameter)) {
            identityRule = rule
        } else {
            reader.fault(.runIdentity, IdentityRule.expectation)
        }
        for (factory, rule) in file.factoryRules {
            guard let target = Target(resourceID: "\(factory)/pipelines/any") else {
                reader.fault("factories: \"\(factory)\" must be the ARM id of a factory, /subscriptions/…/factories/…")
                continue
            }
            factoryRules[target.factoryKey] = rule
        }
    }
}
