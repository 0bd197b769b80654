internal import DequeModule
internal import NIOConcurrencyHelpers

/// Carries deliveries from the connection's thread to whoever iterates.
///
/// It has no limit of its own and needs none: with manual acknowledgement it holds at most the channel's prefetch,
/// since the broker sends no more than that before something is settled.
final class DeliveryBuffer<Element: Sendable>: Sendable {
    typealias Next = Result<Element?, RabbitMQError>

    private struct State {
        var deliveries: Deque<Element> = []
        var waiter: CheckedContinuation<Next, Never>?
        var end: Next?
    }

    private let state = NIOLockedValueBox(State())

    /// Hands a delivery over.
    func append(_ delivery: Element) {
        let waiter = state.withLockedValue { state in
            let waiter = state.waiter.take()
            if waiter == nil, state.end == nil { state.deliveries.append(delivery) }
            return waiter
        }
        waiter?.resume(returning: .success(delivery))
    }

    /// Ends the sequence once what it holds is taken: with `error`, or without one where we cancelled it ourselves.
    func finish(_ error: RabbitMQError?) {
        let end: Next = error.map { .failure($0) } ?? .success(nil)
        let waiter = state.withLockedValue { state in
            if state.end == nil { state.end = end }
            return state.waiter.take()
        }
        waiter?.resume(returning: end)
    }

    /// The channel is gone, and with it every delivery nobody has taken yet: the broker has them again.
    func discard(_ error: RabbitMQError) {
        state.withLockedValue { $0.deliveries.removeAll() }
        finish(error)
    }

    func next(isolation: isolated (any Actor)? = #isolation) async -> Next {
        // Mostly there is something; nothing needs to be made for a wait then.
        if let delivery = state.withLockedValue({ $0.deliveries.popFirst() }) { return .success(delivery) }
        return await withTaskCancellationHandler {
            // A closure stays where its function runs only if it takes that with it.
            _ = isolation
            return await withCheckedContinuation { continuation in
                let next: Next? = state.withLockedValue { state in
                    if let delivery = state.deliveries.popFirst() { return .success(delivery) }
                    if let end = state.end { return end }
                    if Task.isCancelled { return .success(nil) }
                    precondition(state.waiter == nil, "two tasks iterate the deliveries of one consumer")
                    state.waiter = continuation
                    return nil
                }
                if let next { continuation.resume(returning: next) }
            }
        } onCancel: {
            state.withLockedValue { $0.waiter.take() }?.resume(returning: .success(nil))
        }
    }
}
