import TriggerWorker

/// What can become of a request, and the steps a worker that is not disturbed takes to it.
enum CrashPath: String, CaseIterable {
    /// createRun starts a run.
    case started
    /// Its deadline has passed.
    case refused
    /// Data Factory has no such pipeline.
    case rejected
    /// Throttled for longer than a request is held; it comes back and is started.
    case deferred
    /// createRun starts a run, and the answer to it is 504.
    case ambiguous
    /// createRun's connection is cut, and the run appears when the request has been put back.
    case late

    /// The committed table: a worker dies at a step of this list, and at no other. A step stands in it as often as the
    /// worker comes by at least.
    var steps: [CrashPoint] {
        let asked: [CrashPoint] = [
            .received, .decoded, .authorized, .lookingUp, .lookedUp, .starting, .startAnswered,
        ]
        let parked: [CrashPoint] = [.parking, .parked]
        let answered: [CrashPoint] = [.replying, .replied, .acknowledging, .acknowledged]
        let putBack: [CrashPoint] = [.postponing, .postponed, .acknowledging, .acknowledged]
        switch self {
        case .started: return asked + answered
        case .refused: return [.received, .decoded] + parked + answered
        case .rejected: return asked + parked + answered
        case .deferred: return asked + putBack + asked + answered
        case .ambiguous: return asked + [.lookingUp, .lookedUp] + answered
        case .late:
            return asked + [.lookingUp, .lookedUp] + putBack + [.received, .decoded, .lookingUp, .lookedUp] + answered
        }
    }

    /// What the emulator does at the first createRun; nil is nothing out of the ordinary. It never dedupes.
    var fault: String? {
        switch self {
        case .started, .refused, .rejected: nil
        case .deferred: #""fault":"throttle","retryAfterSeconds":3"#
        case .ambiguous: #""fault":"gateway-timeout-after-commit""#
        // The last look in hand is less than 2 s after the call: that is how long the workers hold a request. The next
        // is 5 s after it.
        case .late: #""fault":"commit-late","ms":4500"#
        }
    }

    var isInScenario: Bool { self != .rejected }

    func body(pipeline: String) -> String {
        let deadline = self == .refused ? #","deadline":"2020-01-01T00:00:00Z""# : ""
        return #"{"target":{"pipeline":"\#(pipeline)"}\#(deadline)}"#
    }

    /// The class of its error; nil where it is started.
    var errorClass: String? {
        switch self {
        case .refused: "expired"
        case .rejected: "rejected"
        case .started, .deferred, .ambiguous, .late: nil
        }
    }
}
