/// The small world the emulator plays: who may sign in, which factories there are, and how they behave.
package struct Scenario: Sendable {
    /// Who may sign in; empty lets anyone in, whatever the tenant, client and secret.
    package var tenants: [Tenant] = []
    /// How long an access token is good for, in seconds. Entra ID's usual answer is 3599.
    package var tokenLifetimeSeconds: Int = 3599
    /// When a token's client is told to get a new one, in seconds from its issue; nil tells it nothing.
    package var tokenRefreshSeconds: Int?
    /// The identities of the machine the client runs on; empty is none.
    package var managedIdentities: [ManagedIdentity] = []
    /// What App Service's identity endpoint is opened with; nil is no such endpoint.
    package var identityHeader: String?
    /// The file Azure Arc's identity endpoint is opened with; nil is no such endpoint.
    package var arcKeyFile: String?
    /// The factories and the pipelines in them.
    package var factories: [Factory] = []
    /// Where run ids come from.
    package var runIDs: RunIDs = .client
    /// What happens to parameters that do not fit their declaration.
    package var parameterCheck: ParameterCheck = .strict
    /// How long a new run stays out of query answers; reading it by id finds it at once.
    package var queryLag: Duration = .zero
    /// How long a repeated client request id starts nothing; nil is for ever.
    package var dedupe: Duration?
    /// What one client may write to one subscription; nil is without limit. ARM gives 200 and 10 a second.
    package var writes: Budget? = Budget(bucket: 200, perSecond: 10)
    /// What one client may read from one subscription; nil is without limit. ARM gives 250 and 25 a second.
    package var reads: Budget? = Budget(bucket: 250, perSecond: 25)
    /// What the time goes by.
    package var clock: ClockMode = .system
    /// How many runs of one pipeline with limited concurrency may wait. The service's number is 100.
    package var queueLimit = 100
    /// What becomes of a run that finds the queue full.
    package var queueOverflow: QueueOverflow = .refuse
    /// How many runs are kept; beyond that, those that ended first are dropped.
    package var keptRuns = 100_000
    /// How the service answers when asked for a run it does not know: 404, or 400.
    package var unknownRunStatus = 404
    /// The faults in force from the start.
    package var faults: [Fault] = []

    /// A world without factories.
    package init() {}

    /// One data factory.
    package struct Factory: Sendable {
        /// The subscription it is billed to.
        package var subscriptionID: String
        /// The resource group it lies in.
        package var resourceGroup: String
        /// Its name.
        package var name: String
        /// What can be run in it.
        package var pipelines: [Pipeline]
        /// How many runs may go on or wait in it at one time; nil is any number. The service's number is 10,000.
        package var runLimit: Int?
    }

    /// One pipeline and the life of its runs.
    package struct Pipeline: Sendable {
        /// Its name.
        package var name: String
        /// The parameters it declares.
        package var parameters: [Parameter] = []
        /// From createRun to the outcome.
        package var duration: Duration = .seconds(5)
        /// How its runs end.
        package var outcome: Outcome = .succeeded
        /// How many of its runs go on at one time, the others wait; nil is any number.
        package var concurrency: Int?
    }

    /// A declared parameter.
    package struct Parameter: Sendable {
        /// Its name.
        package var name: String
        /// The type its values must have.
        package var type: ParameterType
        /// The JSON of the value it takes when none is given.
        package var defaultValue: JSONDocument?
    }

    /// How many requests at once, and how many more each second.
    package struct Budget: Sendable, Equatable {
        /// Requests that may come in one burst.
        package var bucket: Int
        /// Requests the bucket regains in a second.
        package var perSecond: Double
        /// Whether a call that comes before the wait is over is refused and begins the wait anew, as ARM's
        /// documentation has it; if not, each call is judged by the bucket alone.
        package var renewsWait: Bool

        /// A budget of so many at once and so many a second.
        package init(bucket: Int, perSecond: Double, renewsWait: Bool = false) {
            self.bucket = bucket
            self.perSecond = perSecond
            self.renewsWait = renewsWait
        }
    }

    /// Where run ids come from.
    package enum RunIDs: String, Sendable, CaseIterable {
        /// The GUID in `x-ms-client-request-id`.
        case client
        /// Always the service's own.
        case server
        /// As `client`, and a refusal is answered again to the same GUID.
        case replayErrors
    }

    /// What happens to parameters that do not fit their declaration.
    package enum ParameterCheck: String, Sendable, CaseIterable {
        /// The call is refused with 400.
        case strict
        /// The call is accepted and the run fails.
        case lenient
    }

    /// What the time goes by.
    package enum ClockMode: String, Sendable, CaseIterable {
        /// The machine's clock, and what it was put forward by.
        case system
        /// It stands still but for being put forward.
        case manual
    }

    /// What becomes of a run that finds the queue full.
    package enum QueueOverflow: String, Sendable, CaseIterable {
        /// The call is refused with 400, and there is no run.
        case refuse
        /// The call is accepted and the run fails at once.
        case fail
    }

    /// How a run ends.
    package enum Outcome: String, Sendable, CaseIterable {
        case succeeded = "Succeeded"
        case failed = "Failed"
        case cancelled = "Cancelled"
    }
}
