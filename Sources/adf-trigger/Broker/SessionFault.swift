internal import RabbitMQ
internal import Synchronization

/// Why a session was ended by ourselves; the first reason counts.
final class SessionFault: Sendable {
    private let value = Mutex<RabbitMQError?>(nil)

    var error: RabbitMQError? { value.withLock { $0 } }

    func record(_ error: RabbitMQError) {
        value.withLock { $0 = $0 ?? error }
    }
}
