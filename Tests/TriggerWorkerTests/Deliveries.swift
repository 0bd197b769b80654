/// What a scripted queue ends with.
struct QueueLost: Error, Equatable {}

/// A queue of given requests, which ends, or fails, after the last.
struct Deliveries: AsyncSequence, Sendable {
    typealias Failure = QueueLost

    var items: [RecordingDelivery]
    var failure: QueueLost?
    /// Called with the number of requests taken, before one more is given.
    var onTake: @Sendable (Int) -> Void = { _ in }
    var onEnd: @Sendable () async -> Void = {}

    struct AsyncIterator: AsyncIteratorProtocol {
        let queue: Deliveries
        var taken = 0

        mutating func next(isolation: isolated (any Actor)?) async throws(QueueLost) -> RecordingDelivery? {
            guard taken < queue.items.count else {
                await queue.onEnd()
                if let failure = queue.failure { throw failure }
                return nil
            }
            queue.onTake(taken)
            taken += 1
            return queue.items[taken - 1]
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(queue: self)
    }
}
