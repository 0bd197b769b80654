/// Everything that can be configured, and the one place where it is named.
///
/// The environment variable is `ADF_TRIGGER_` and the path in upper case with underscores; a secret can also come from
/// the file named by the same variable with `_FILE` behind it.
struct ConfigurationKey: Sendable {
    let path: String
    let isSecret: Bool
    let isList: Bool

    private init(_ path: String, isSecret: Bool = false, isList: Bool = false) {
        self.path = path
        self.isSecret = isSecret
        self.isList = isList
    }

    static let amqpUser = ConfigurationKey("amqp.user")
    static let amqpURL = ConfigurationKey("amqp.url", isSecret: true)
    static let authorityHost = ConfigurationKey("azure.authorityHost")
    static let clientCertificateAlgorithm = ConfigurationKey("azure.clientCertificateAlgorithm")
    static let clientCertificatePassword = ConfigurationKey("azure.clientCertificatePassword", isSecret: true)
    static let clientCertificatePath = ConfigurationKey("azure.clientCertificatePath")
    static let clientID = ConfigurationKey("azure.clientId")
    static let clientSecret = ConfigurationKey("azure.clientSecret", isSecret: true)
    static let cloud = ConfigurationKey("azure.cloud")
    static let concurrency = ConfigurationKey("worker.concurrency")
    static let credential = ConfigurationKey("azure.credential")
    static let defaultFactory = ConfigurationKey("azure.defaultFactory")
    static let defaultResourceGroup = ConfigurationKey("azure.defaultResourceGroup")
    static let defaultSubscriptionID = ConfigurationKey("azure.defaultSubscriptionId")
    static let delaySeconds = ConfigurationKey("queues.delaySeconds", isList: true)
    static let bodyLimit = ConfigurationKey("requests.bodyLimitBytes")
    static let deliveryLimit = ConfigurationKey("queues.deliveryLimit")
    static let duplicateCheck = ConfigurationKey("duplicate.check")
    static let federatedTokenFile = ConfigurationKey("azure.federatedTokenFile")
    static let holdSeconds = ConfigurationKey("worker.holdSeconds")
    static let httpHost = ConfigurationKey("http.host")
    static let httpPort = ConfigurationKey("http.port")
    static let identityWindowSeconds = ConfigurationKey("identity.windowSeconds")
    static let identity = ConfigurationKey("requests.identity")
    static let identityScope = ConfigurationKey("requests.identityScope")
    static let logFormat = ConfigurationKey("log.format")
    static let logLevel = ConfigurationKey("log.level")
    static let managedIdentityObjectID = ConfigurationKey("azure.managedIdentityObjectId")
    static let managedIdentityResourceID = ConfigurationKey("azure.managedIdentityResourceId")
    static let managementEndpoint = ConfigurationKey("azure.managementEndpoint")
    static let markerLookBackSeconds = ConfigurationKey("azure.markerLookBackSeconds")
    static let markerPageLimit = ConfigurationKey("azure.markerPageLimit")
    static let markerSettleSeconds = ConfigurationKey("azure.markerSettleSeconds")
    static let markerParameter = ConfigurationKey("azure.markerParameter")
    static let maximumLength = ConfigurationKey("queues.maximumLength")
    static let policyAllow = ConfigurationKey("policy.allow", isList: true)
    static let policyPublishers = ConfigurationKey("policy.publishers", isList: true)
    static let prefetch = ConfigurationKey("worker.prefetch")
    static let queueDead = ConfigurationKey("queues.dead")
    static let queueDelay = ConfigurationKey("queues.delay")
    static let queueErrors = ConfigurationKey("queues.errors")
    static let queueReplies = ConfigurationKey("queues.replies")
    static let queueRequests = ConfigurationKey("queues.requests")
    static let queueUndeliverable = ConfigurationKey("queues.undeliverable")
    static let runIdentity = ConfigurationKey("azure.runIdentity")
    static let scope = ConfigurationKey("azure.scope")
    static let stopSeconds = ConfigurationKey("worker.stopSeconds")
    static let targetPauseLimitSeconds = ConfigurationKey("target.pauseLimitSeconds")
    static let tenantID = ConfigurationKey("azure.tenantId")
    static let timeoutSeconds = ConfigurationKey("azure.timeoutSeconds")
    static let topologyMode = ConfigurationKey("topology.mode")
    static let trustedUsers = ConfigurationKey("requests.trustedUsers", isList: true)
    static let windowSeconds = ConfigurationKey("azure.windowSeconds")
    static let writeBurst = ConfigurationKey("azure.writeBurst")
    static let writesPerSecond = ConfigurationKey("azure.writesPerSecond")

    static let all: [ConfigurationKey] = [
        amqpURL, amqpUser, authorityHost, bodyLimit, clientCertificateAlgorithm, clientCertificatePassword,
        clientCertificatePath, clientID, clientSecret, cloud, concurrency, credential, defaultFactory,
        defaultResourceGroup, defaultSubscriptionID, delaySeconds, deliveryLimit, duplicateCheck, federatedTokenFile,
        holdSeconds, httpHost, httpPort, identity, identityScope, identityWindowSeconds, logFormat, logLevel,
        managedIdentityObjectID, managedIdentityResourceID, managementEndpoint, markerLookBackSeconds, markerPageLimit,
        markerParameter, markerSettleSeconds, maximumLength, policyAllow, policyPublishers, prefetch,
        queueDead, queueDelay, queueErrors, queueReplies, queueRequests, queueUndeliverable, runIdentity, scope,
        stopSeconds,
        targetPauseLimitSeconds, tenantID, timeoutSeconds, topologyMode, trustedUsers,
        windowSeconds, writeBurst, writesPerSecond,
    ]

    /// `azure.tenantId` → `AZURE_TENANT_ID`.
    var environmentSuffix: String {
        path.reduce(into: "") { name, character in
            if character == "." {
                name.append("_")
            } else {
                if character.isUppercase { name.append("_") }
                name += character.uppercased()
            }
        }
    }

    /// The environment variable.
    var environmentName: String { Self.environmentPrefix + environmentSuffix }

    static let environmentPrefix = "ADF_TRIGGER_"
}

/// Why the configuration can't be used: every fault that was found, each with its key and what is expected.
struct ConfigurationError: Error, CustomStringConvertible {
    var faults: [String]

    var description: String {
        faults.count == 1
            ? faults[0] : "\(faults.count) faults in the configuration:\n  " + faults.joined(separator: "\n  ")
    }
}
