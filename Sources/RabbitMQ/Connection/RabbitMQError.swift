/// Why something asked of RabbitMQ did not happen.
///
/// `description` is safe to log: it holds no password and no message content.
public struct RabbitMQError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case accessRefused, alreadySettled, cancelled, channelClosed, channelsExhausted, closedByBroker, closedByUs,
                connectionLost
            case consumerCancelled, invalidArgument, invalidURI, passwordUnreadable, protocolViolation, staleDelivery
            case timeout, tlsFailed, unreachable, virtualHostRefused
        }

        private let value: Value
        /// The code's name.
        public var description: String { value.rawValue }

        /// The broker did not accept the user name or password, the user of the client certificate, or the way to log in.
        public static let accessRefused = Code(value: .accessRefused)
        /// This delivery was acknowledged or rejected before; nothing was sent.
        public static let alreadySettled = Code(value: .alreadySettled)
        /// The calling task was cancelled, and nothing was sent.
        public static let cancelled = Code(value: .cancelled)
        /// The broker closed the channel; ``RabbitMQError/replyCode`` says why.
        public static let channelClosed = Code(value: .channelClosed)
        /// Every channel number of this connection has been used; another connection is needed.
        public static let channelsExhausted = Code(value: .channelsExhausted)
        /// The broker closed the connection; ``RabbitMQError/replyCode`` says why.
        public static let closedByBroker = Code(value: .closedByBroker)
        /// Our side closed it.
        public static let closedByUs = Code(value: .closedByUs)
        /// The connection broke: reset, end of stream, or no heartbeat.
        public static let connectionLost = Code(value: .connectionLost)
        /// The broker cancelled the consumer, for instance because its queue was deleted.
        public static let consumerCancelled = Code(value: .consumerCancelled)
        /// An argument can't be put on the wire; nothing was sent.
        public static let invalidArgument = Code(value: .invalidArgument)
        /// The connection URI can't be used.
        public static let invalidURI = Code(value: .invalidURI)
        /// The file that should hold the password can't be read, or holds none; nothing was sent.
        public static let passwordUnreadable = Code(value: .passwordUnreadable)
        /// Broker and client disagree on the protocol.
        public static let protocolViolation = Code(value: .protocolViolation)
        /// The delivery came over a channel that is gone; the broker has it again.
        public static let staleDelivery = Code(value: .staleDelivery)
        /// The broker did not answer in time.
        public static let timeout = Code(value: .timeout)
        /// TLS can't be had with these settings: one side does not accept the other's certificate or protocol, or a file
        /// of ours can't be used. A handshake that merely broke off is ``connectionLost`` or ``unreachable``.
        public static let tlsFailed = Code(value: .tlsFailed)
        /// Nobody answers at that address.
        public static let unreachable = Code(value: .unreachable)
        /// The virtual host does not exist, or this user may not use it.
        public static let virtualHostRefused = Code(value: .virtualHostRefused)
    }

    /// What kind of failure it is.
    public var code: Code
    /// What happened, in words.
    public var message: String
    /// AMQP's reply code, where the broker gave one.
    public var replyCode: UInt16?
    /// Where in this library it was noticed.
    public var file: String
    /// The line in ``file``.
    public var line: Int

    package init(
        _ code: Code,
        _ message: String,
        replyCode: UInt16? = nil,
        file: String = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.replyCode = replyCode
        self.file = file
        self.line = line
    }

    /// Whether trying again later may help without anybody changing a setting.
    ///
    /// A broker that is restarting answers 403 and 530 for a moment only in rare cases, so those count as settings.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .connectionLost, .timeout, .consumerCancelled, .staleDelivery, .channelsExhausted: true
        // 320 CONNECTION_FORCED: an operator's close or a node that shuts down. 541: an error inside the broker.
        case .closedByBroker: replyCode == 320 || replyCode == 541
        // 404 heals when the queue is declared, 405 when the other holder lets go, 406 with a time-out on acks.
        case .channelClosed: replyCode == 404 || replyCode == 405 || isAcknowledgementTimeout
        default: false
        }
    }

    /// Whether the broker closed the channel because a delivery was not acknowledged in time. It has no code of its own:
    /// 406, and "delivery acknowledgement on channel 1 timed out".
    public var isAcknowledgementTimeout: Bool {
        code == .channelClosed && replyCode == 406 && message.contains("timed out")
    }

    /// One line for a log.
    public var description: String {
        "\(code)\(replyCode.map { " \($0)" } ?? ""): \(message)"
    }
}
