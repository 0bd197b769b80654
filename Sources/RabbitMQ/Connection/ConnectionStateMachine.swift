/// What a connection as a whole is going through: open, blocked, saying goodbye, closed.
///
/// Pure: no clock, no I/O; what is to be done is returned.
struct ConnectionStateMachine {
    private enum State {
        case open
        /// We have said goodbye; the broker has until the deadline to answer.
        case closing(deadline: ContinuousClock.Instant)
        case closed(RabbitMQError)
    }

    /// What a method on channel 0 asks for.
    enum Action {
        /// The broker reads nothing from us from now on.
        case blocked(reason: String)
        case unblocked
        /// It is over, with or without an answer to the broker's goodbye.
        case end(RabbitMQError, answersClose: Bool)
    }

    /// What closing asks for.
    enum CloseAction {
        /// Send the goodbye, and wait.
        case sayGoodbye
        /// Wait, for it is sent.
        case wait
        /// Do not wait: the broker reads nothing from us.
        case end(RabbitMQError)
        /// It is over already.
        case nothing
    }

    private var state: State = .open
    private(set) var isBlocked = false
    private let channelMaximum: UInt16
    private var lastChannelNumber: UInt16 = 0

    init(channelMaximum: UInt16) {
        self.channelMaximum = channelMaximum
    }

    /// Why it is closed; nil before.
    var closed: RabbitMQError? {
        guard case .closed(let error) = state else { return nil }
        return error
    }

    /// Whether we have said goodbye: nothing may be sent behind that. A deadline is waited for meanwhile.
    var isClosing: Bool {
        guard case .closing = state else { return false }
        return true
    }

    /// A number for another channel. None is used twice: frames of a closed channel may still be under way, and would be
    /// taken for the new one's.
    mutating func nextChannelNumber() throws(RabbitMQError) -> UInt16 {
        try checkOpen()
        guard lastChannelNumber < channelMaximum else {
            throw RabbitMQError(
                .channelsExhausted,
                "all \(channelMaximum) channel numbers of this connection are used; open another connection"
            )
        }
        lastChannelNumber += 1
        return lastChannelNumber
    }

    /// Throws what ended the connection, or is about to.
    func checkOpen() throws(RabbitMQError) {
        switch state {
        case .open: break
        case .closing: throw RabbitMQError(.closedByUs, "the connection is being closed")
        case .closed(let error): throw error
        }
    }

    /// Takes a method on channel 0.
    mutating func received(_ method: Method) throws(RabbitMQError) -> Action {
        switch method {
        case .connectionClose(let reason):
            return .end(RabbitMQError(.closedByBroker, reason.text, replyCode: reason.code), answersClose: true)
        case .connectionCloseOk:
            return .end(RabbitMQError(.closedByUs, "closed"), answersClose: false)
        case .connectionBlocked(let reason):
            isBlocked = true
            return .blocked(reason: reason)
        case .connectionUnblocked:
            isBlocked = false
            return .unblocked
        default:
            throw RabbitMQError(.protocolViolation, "an unexpected method came on channel 0: \(method)")
        }
    }

    /// Begins to close.
    mutating func close(deadline: ContinuousClock.Instant) -> CloseAction {
        switch state {
        case .closed: return .nothing
        case .closing: return .wait
        case .open where isBlocked:
            return .end(RabbitMQError(.closedByUs, "closed while the broker had the connection blocked"))
        case .open:
            state = .closing(deadline: deadline)
            return .sayGoodbye
        }
    }

    /// Notes that it is over; false where it was before.
    mutating func end(_ error: RabbitMQError) -> Bool {
        guard closed == nil else { return false }
        state = .closed(error)
        return true
    }

    /// Throws where the broker had its time to say goodbye.
    func check(_ now: ContinuousClock.Instant) throws(RabbitMQError) {
        if case .closing(let deadline) = state, deadline < now {
            throw RabbitMQError(.closedByUs, "the broker did not answer our close")
        }
    }
}
