internal import RabbitMQ

/// What a wait for a delivery brought.
enum Arrival: Sendable {
    case delivery(Delivery)
    /// The consumer was ended.
    case end
    /// Nothing, for as long as was waited.
    case silence
}

extension Deliveries {
    /// The next delivery, waited for no longer than `limit`.
    func next(within limit: Duration) async throws(RabbitMQError) -> Arrival {
        let result = await withTaskGroup(of: Result<Arrival, RabbitMQError>.self) { group in
            group.addTask {
                do throws(RabbitMQError) {
                    var iterator = makeAsyncIterator()
                    if let delivery = try await iterator.next() { return .success(.delivery(delivery)) }
                    // A cancelled wait ends like this too.
                    return .success(Task.isCancelled ? .silence : .end)
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .success(.silence)
            }
            var result: Result<Arrival, RabbitMQError> = .success(.silence)
            for await one in group {
                // A delivery that came as the wait ended is ours all the same.
                if case .success(.silence) = one {} else { result = one }
                group.cancelAll()
            }
            return result
        }
        let arrival = try result.get()
        if case .silence = arrival, Task.isCancelled { throw RabbitMQError(.cancelled, "the reading was cancelled") }
        return arrival
    }
}
