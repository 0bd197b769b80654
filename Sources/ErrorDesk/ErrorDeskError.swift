package import RabbitMQ

/// Why something asked of the error desk did not happen.
///
/// `description` is safe to show: it holds no body and no password.
package struct ErrorDeskError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Code: Sendable, Hashable {
        /// Somebody else reads the error queue.
        case inUse
        /// The queue does not exist.
        case missingQueue
        /// The broker would drop messages that are read and given back.
        case lowDeliveryLimit
        /// The request queue takes no message.
        case refused
        /// Data Factory could not be asked.
        case service
        /// The broker, or the way to it.
        case broker
    }

    /// What kind of failure it is.
    package var code: Code
    /// What happened and what to do, in words.
    package var message: String
    /// What the broker, or the way to it, said.
    package var underlying: RabbitMQError?

    package init(_ code: Code, _ message: String, underlying: RabbitMQError? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// What a broker's error means at a queue.
    package init(_ error: RabbitMQError, at queue: String) {
        switch error.replyCode {
        case 404 where error.code == .channelClosed:
            self.init(
                .missingQueue,
                "queue \"\(queue)\" does not exist; create it with \"adf-trigger topology declare\"",
                underlying: error
            )
        case 403 where error.isExclusiveUse:
            self.init(
                .inUse,
                "somebody else reads queue \"\(queue)\" at this moment, another operator probably, and only one may at a time; "
                    + "try again when they are done",
                underlying: error
            )
        case 406 where error.isAcknowledgementTimeout:
            self.init(
                .broker,
                "the broker took the messages back, because they were held for too long; nothing was lost, so start again",
                underlying: error
            )
        default: self.init(.broker, error.message, underlying: error)
        }
    }

    package var description: String { message }
}

extension RabbitMQError {
    /// Whether another consumer is in the way, and not a permission.
    var isExclusiveUse: Bool {
        code == .channelClosed && replyCode == 403 && message.contains("exclusive")
    }
}
