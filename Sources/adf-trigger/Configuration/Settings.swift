internal import AzureIdentity
internal import Logging
internal import RabbitMQ
internal import Telemetry
internal import TriggerWorker

/// The whole configuration, read and checked.
struct Settings: Sendable {
    /// Who the worker is to Azure, and where Azure is.
    struct Azure: Sendable {
        var tenantID: String
        var clientID: String
        /// Never printed: nothing of ``Settings`` is.
        var clientSecret: String
        var authorityHost: String
        var managementEndpoint: String
        var scope: String
        var timeout: Duration
        var writesPerSecond: Double
        var writeBurst: Int
    }

    /// In order of preference.
    var brokers: [ConnectionConfiguration]
    var topology: Topology
    var topologyMode: TopologyMode
    var worker: WorkerSettings
    var prefetch: UInt16
    var stopTime: Duration
    var policy: Policy
    /// Nil where the command does not call Azure.
    var azure: Azure?
    var logFormat: LogFormat
    var logLevel: Logger.Level

    /// Reads every layer.
    ///
    /// - Parameter needsAzure: Whether credentials must be there.
    /// - Throws: ``ConfigurationError`` with every fault.
    init(
        file: ConfigurationFile,
        assignments: [String],
        environment: [String: String],
        needsAzure: Bool
    ) throws(ConfigurationError) {
        var reader = try SettingsReader(assignments: assignments, environment: environment, file: file)

        brokers = []
        if let uri = reader.text(.amqpURL) {
            do {
                brokers = try ConnectionConfiguration.configurations(uris: uri)
            } catch {
                reader.fault(.amqpURL, error.message)
            }
        } else {
            reader.fault(.amqpURL, "is not set; expected amqps://user:password@host:port/vhost")
        }

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
        policy = Policy(&reader, aliases: file.aliases, topology)
        azure = needsAzure ? Azure(&reader) : nil
        logFormat = reader.choice(.logFormat, default: .json)
        logLevel = reader.choice(.logLevel, default: .info)
        guard reader.faults.isEmpty else { throw ConfigurationError(faults: reader.faults) }
    }
}

extension Settings {
    /// How long the last request of a full prefetch may be held when every one before it takes all its time.
    var longestHold: Duration {
        let rounds = (Int(prefetch) + worker.concurrency - 1) / worker.concurrency
        return (worker.holdTime + (azure?.timeout ?? .zero)) * rounds
    }

    /// RabbitMQ closes the channel of a consumer that does not acknowledge for 30 min, by default.
    static let acknowledgementLimit = Duration.seconds(30 * 60)
}

extension Settings.Azure {
    init(_ reader: inout SettingsReader) {
        tenantID = reader.required(.tenantID)
        clientID = reader.required(.clientID)
        clientSecret = reader.required(.clientSecret)
        authorityHost = reader.text(.authorityHost) ?? "https://login.microsoftonline.com"
        managementEndpoint = reader.text(.managementEndpoint) ?? "https://management.azure.com"
        // What ARM of the public cloud takes; an endpoint elsewhere needs a scope of its own.
        scope = reader.text(.scope) ?? "https://management.azure.com/.default"
        // ARM answers after 60 s at the latest; ours must be longer, so that its 504 comes before our own guess.
        timeout = .seconds(reader.integer(.timeoutSeconds, in: 1...600, default: 70))
        // ARM's bucket per subscription and principal: 200, refilled with 10 a second.
        writesPerSecond = reader.number(.writesPerSecond, in: 0...100_000, default: 10)
        if writesPerSecond > 0, writesPerSecond < 0.001 {
            reader.fault(.writesPerSecond, "\(writesPerSecond) is less than 0.001; 0 means no limit")
        }
        writeBurst = reader.integer(.writeBurst, in: 1...100_000, default: 200)
        for (key, url) in [(ConfigurationKey.authorityHost, authorityHost), (.managementEndpoint, managementEndpoint)] {
            guard let fault = Self.fault(of: url) else { continue }
            reader.fault(key, fault)
        }
    }

    /// Tokens travel over https; plain http is for this machine alone.
    private static func fault(of url: String) -> String? {
        guard let origin = URLOrigin(url: url.contains("://") ? url : "https://\(url)") else {
            return "\"\(url)\" is not a URL"
        }
        guard origin.isSecure || origin.isLoopback else {
            return "\"\(url)\" must begin with https://; tokens go over plain http to loopback addresses only"
        }
        return nil
    }
}

extension SettingsReader {
    fileprivate mutating func required(_ key: ConfigurationKey) -> String {
        if let value = text(key) { return value }
        fault(key, "is not set; \(key.environmentSuffix) is honoured too")
        return ""
    }
}

extension Policy {
    fileprivate init(_ reader: inout SettingsReader, aliases: [String: RequestedTarget], _ topology: Topology) {
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
        for (alias, target) in aliases {
            guard !alias.isEmpty, !alias.hasPrefix("/") else {
                reader.fault("targets: \"\(alias)\" can't be an alias, which is not empty and does not begin with /")
                continue
            }
            do throws(RequestError) {
                self.aliases[alias] = try resolve(target)
            } catch {
                reader.fault("targets.\(alias): \(error.message)")
            }
        }
    }
}
