internal import Telemetry
internal import TriggerWorker

/// Every metric of a worker, and the one place where it is named.
///
/// | metric | labels | what it says |
/// |---|---|---|
/// | `adf_trigger_requests_total` | `outcome`, `class` | requests done with |
/// | `adf_trigger_request_duration_seconds` | `outcome` | from a request's delivery to its acknowledgement |
/// | `adf_trigger_requests_in_flight` | | requests in work |
/// | `adf_trigger_requests_left_total` | | requests given up to their next holder |
/// | `adf_trigger_requests_postponed_total` | `reason` | requests put back |
/// | `adf_trigger_replies_undeliverable_total` | | replies nobody took |
/// | `adf_trigger_azure_calls_total` | `call`, `result` | calls to Data Factory; `in-doubt`: a run may have been started |
/// | `adf_trigger_azure_call_duration_seconds` | `call` | how long they took |
/// | `adf_trigger_intake_paused` | `reason` | 1 while no requests are taken |
/// | `adf_trigger_paused_factories` | | factories that can't be reached |
/// | `adf_trigger_messages_held` | | copies no queue takes |
/// | `adf_trigger_broker_connected` | `connection` | 1 while connected |
/// | `adf_trigger_broker_blocked` | `connection` | 1 while the broker takes no messages |
/// | `adf_trigger_broker_connection_losses_total` | `connection` | connections lost |
/// | `adf_trigger_broker_reconnects_total` | `connection` | connections opened after the first |
/// | `adf_trigger_ready` | | 1 while `/readyz` says so |
/// | `adf_trigger_build_info` | `version` | 1 |
///
/// Label values are those of closed enums of this program, never text that came from outside.
enum WorkerMetric {
    static let requests = MetricDefinition(
        "adf_trigger_requests_total",
        .counter,
        labels: [Label.outcome, Label.errorClass],
        help: "Requests done with: answered, or put back for later."
    )
    static let requestDuration = MetricDefinition(
        "adf_trigger_request_duration_seconds",
        .histogram(upperBounds: durations),
        labels: [Label.outcome],
        help: "Time from the delivery of a request to its acknowledgement."
    )
    static let requestsInFlight = MetricDefinition(
        "adf_trigger_requests_in_flight",
        .gauge,
        help: "Requests in work."
    )
    static let requestsLeft = MetricDefinition(
        "adf_trigger_requests_left_total",
        .counter,
        help: "Requests given up to their next holder, because their connection was lost or the worker had to end."
    )
    static let requestsPostponed = MetricDefinition(
        "adf_trigger_requests_postponed_total",
        .counter,
        labels: [Label.reason],
        help: "Requests put back for later."
    )
    static let repliesUndeliverable = MetricDefinition(
        "adf_trigger_replies_undeliverable_total",
        .counter,
        help: "Replies nobody took, which are kept on the queue of undeliverable replies."
    )
    static let azureCalls = MetricDefinition(
        "adf_trigger_azure_calls_total",
        .counter,
        labels: [Label.call, Label.result],
        help: "Calls to Data Factory; after one in doubt a run may have been started."
    )
    static let azureCallDuration = MetricDefinition(
        "adf_trigger_azure_call_duration_seconds",
        .histogram(upperBounds: durations),
        labels: [Label.call],
        help: "Duration of calls to Data Factory."
    )
    static let intakePaused = MetricDefinition(
        "adf_trigger_intake_paused",
        .gauge,
        labels: [Label.reason],
        help: "1 while no requests are taken because Azure can't be used."
    )
    static let pausedFactories = MetricDefinition(
        "adf_trigger_paused_factories",
        .gauge,
        help: "Factories whose requests wait because they can't be reached."
    )
    static let messagesHeld = MetricDefinition(
        "adf_trigger_messages_held",
        .gauge,
        help: "Error copies, copies for later and kept replies that their queue does not take; their requests are held."
    )
    static let brokerConnected = MetricDefinition(
        "adf_trigger_broker_connected",
        .gauge,
        labels: [Label.connection],
        help: "1 while the connection to the broker is open."
    )
    static let brokerBlocked = MetricDefinition(
        "adf_trigger_broker_blocked",
        .gauge,
        labels: [Label.connection],
        help: "1 while the broker, short of memory or disk, takes no messages."
    )
    static let brokerLosses = MetricDefinition(
        "adf_trigger_broker_connection_losses_total",
        .counter,
        labels: [Label.connection],
        help: "Connections to the broker that were lost."
    )
    static let brokerReconnects = MetricDefinition(
        "adf_trigger_broker_reconnects_total",
        .counter,
        labels: [Label.connection],
        help: "Connections to the broker that were opened after the first."
    )
    static let ready = MetricDefinition(
        "adf_trigger_ready",
        .gauge,
        help: "1 while requests are consumed, as /readyz says."
    )
    static let buildInfo = MetricDefinition(
        "adf_trigger_build_info",
        .gauge,
        labels: [Label.version],
        help: "1, with the version of the program."
    )

    static let all: [MetricDefinition] = [
        azureCallDuration, azureCalls, brokerBlocked, brokerConnected, brokerLosses, brokerReconnects, buildInfo,
        intakePaused, messagesHeld, pausedFactories, ready, repliesUndeliverable, requestDuration, requests,
        requestsInFlight, requestsLeft, requestsPostponed,
    ]

    enum Label {
        static let call = "call"
        static let connection = "connection"
        static let errorClass = "class"
        static let outcome = "outcome"
        static let reason = "reason"
        static let result = "result"
        static let version = "version"

        /// The class where there is no error.
        static let noClass = "none"
    }

    /// OpenTelemetry's bounds for messaging and HTTP clients, and longer ones: a request may wait for Azure.
    private static let durations: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300, 900,
    ]
}

/// What is asked of Data Factory.
enum AzureCall: String, Sendable, CaseIterable {
    case createRun = "create-run"
    case lookUp = "look-up"

    /// How a call ended.
    enum Result: String, Sendable, CaseIterable {
        /// A run was started, or found.
        case succeeded = "ok"
        /// There is no such run.
        case absent
        case notStarted = "failed"
        case throttled
        /// A run may have been started all the same.
        case inDoubt = "in-doubt"
        case refused
        /// The target is out of reach.
        case target
        case credential

        init(_ meaning: StartFailure.Meaning) {
            self =
                switch meaning {
                case .notStarted: .notStarted
                case .throttled: .throttled
                case .ambiguous: .inDoubt
                case .refused: .refused
                case .target: .target
                case .credential: .credential
                }
        }
    }

    /// Those it can end with.
    var results: [Result] {
        Result.allCases.filter { self == .createRun ? $0 != .absent : $0 != .inDoubt }
    }
}
