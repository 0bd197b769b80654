import NIOConcurrencyHelpers

@testable import TriggerWorker

/// What happened to requests at the broker, in one order for all of them.
final class EventLog: Sendable {
    enum Event: Sendable, Hashable {
        case parked(String, ErrorClass)
        case replied(String, Outcome)
        case postponed(String, Postponement.Reason)
        case acknowledged(String)
    }

    private let state = NIOLockedValueBox<(events: [Event], diagnoses: [Diagnosis])>(([], []))
    private let copies = NIOLockedValueBox<[Postponement]>([])

    var postponements: [Postponement] { copies.withLockedValue { $0 } }

    func append(_ postponement: Postponement) { copies.withLockedValue { $0.append(postponement) } }

    var events: [Event] { state.withLockedValue { $0.events } }
    var diagnoses: [Diagnosis] { state.withLockedValue { $0.diagnoses } }
    var acknowledged: [String] {
        events.compactMap { if case .acknowledged(let id) = $0 { id } else { nil } }
    }

    func append(_ event: Event, _ diagnosis: Diagnosis? = nil) {
        state.withLockedValue { state in
            state.events.append(event)
            if let diagnosis { state.diagnoses.append(diagnosis) }
        }
    }
}

/// A request whose settlement is recorded, or fails.
struct RecordingDelivery: RequestDelivery {
    var message: RequestMessage
    var log: EventLog
    var parkFailure: RequestLeft?
    var acknowledgeFailure: RequestLeft?
    var postponeFailure: RequestLeft?
    var holdFailure: RequestLeft?
    var onAcknowledge: @Sendable () -> Void = {}

    private var id: String { message.messageID ?? "" }

    func park(_ diagnosis: Diagnosis) async throws(RequestLeft) {
        if let parkFailure { throw parkFailure }
        log.append(.parked(id, diagnosis.error.errorClass), diagnosis)
    }

    func postpone(_ postponement: Postponement, as identity: RequestIdentity) async throws(RequestLeft) {
        if let postponeFailure { throw postponeFailure }
        log.append(.postponed(id, postponement.reason))
        log.append(postponement)
    }

    func checkHeld() async throws(RequestLeft) {
        if let holdFailure { throw holdFailure }
    }

    func acknowledge() async throws(RequestLeft) {
        if let acknowledgeFailure { throw acknowledgeFailure }
        log.append(.acknowledged(id))
        onAcknowledge()
    }
}

/// Records replies, or fails to send them.
final class RecordingSender: ReplySender {
    let log: EventLog
    private let failure: RequestLeft?
    private let receipt: ReplyReceipt
    private let sent = NIOLockedValueBox<[(reply: Reply, address: ReplyAddress)]>([])

    init(_ log: EventLog, failure: RequestLeft? = nil, receipt: ReplyReceipt = .delivered) {
        self.log = log
        self.failure = failure
        self.receipt = receipt
    }

    var replies: [Reply] { sent.withLockedValue { $0.map(\.reply) } }
    var addresses: [ReplyAddress] { sent.withLockedValue { $0.map(\.address) } }

    func send(_ reply: Reply, to address: ReplyAddress) async throws(RequestLeft) -> ReplyReceipt {
        if let failure { throw failure }
        log.append(.replied(reply.requestID, reply.outcome))
        sent.withLockedValue { $0.append((reply, address)) }
        return receipt
    }
}
