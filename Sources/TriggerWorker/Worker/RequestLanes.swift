/// The tasks that work on the requests of one queue, so many at once, all on one executor.
///
/// Each takes a request, works on it to its end, and takes the next, so that between two requests nothing is made and
/// nobody is woken. There are as many as have been needed at once. One of them at a time waits for a delivery: it has the
/// turn.
actor RequestLanes<Deliveries: AsyncSequence & Sendable> where Deliveries.Element: RequestDelivery {
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let executor: any SerialExecutor

    private let worker: Worker
    private var iterator: Deliveries.AsyncIterator
    private var limit: Int
    // <= limit, but for what is put back at the end
    private var count = 0
    /// Whether somebody has the turn, or is just being started with it.
    private var isTaken = false
    /// Who waits for the turn; the last to finish is the first to go on, for its memory is still at hand.
    private var idle: [CheckedContinuation<Bool, Never>] = []
    private var starter: CheckedContinuation<Bool, Never>?
    private(set) var end: Result<Void, Deliveries.Failure>?

    /// - Parameter limit: How many requests may be in work at once.
    init(_ deliveries: Deliveries, _ worker: Worker, limit: Int, on executor: any SerialExecutor) {
        self.executor = executor
        self.worker = worker
        self.limit = limit
        iterator = deliveries.makeAsyncIterator()
    }

    // MARK: - For who starts them

    /// Waits until one more is needed, which is then to be started by ``run()``; false when no more requests come.
    func needsAnother() async -> Bool {
        // All of it behind the await: others may run in between, for who starts them does not prefer this executor.
        await withCheckedContinuation { continuation in
            if end != nil {
                continuation.resume(returning: false)
            } else if isTaken || count >= limit {
                starter = continuation
            } else {
                begin()
                continuation.resume(returning: true)
            }
        }
    }

    /// Takes what still comes at once, however much is in work.
    func lift() {
        limit = .max
        guard !isTaken, let starter = starter.take() else { return }
        begin()
        starter.resume(returning: true)
    }

    /// The next one begins with the turn.
    private func begin() {
        count += 1
        isTaken = true
    }

    // MARK: - For themselves

    /// Works on one request after another until no more come.
    func run() async {
        while let delivery = await next() {
            passOn()
            await worker.work(on: delivery)
            guard await turn() else { return }
        }
    }

    private func next() async -> Deliveries.Element? {
        // Nobody else touches it meanwhile: we have the turn.
        var iterator = iterator
        defer { self.iterator = iterator }
        do throws(Deliveries.Failure) {
            guard let delivery = try await iterator.next(isolation: self) else {
                finish(.success(()))
                return nil
            }
            return delivery
        } catch {
            finish(.failure(error))
            return nil
        }
    }

    private func turn() async -> Bool {
        if let isOurs = takeTurn() { return isOurs }
        return await withCheckedContinuation { continuation in
            // Looked at again, as above.
            if let isOurs = takeTurn() {
                continuation.resume(returning: isOurs)
            } else {
                idle.append(continuation)
            }
        }
    }

    /// Nil where another has it.
    private func takeTurn() -> Bool? {
        if end != nil { return false }
        guard !isTaken else { return nil }
        isTaken = true
        return true
    }

    private func passOn() {
        if let next = idle.popLast() {
            next.resume(returning: true)
        } else if count < limit, let starter = starter.take() {
            begin()
            starter.resume(returning: true)
        } else {
            isTaken = false
        }
    }

    private func finish(_ end: Result<Void, Deliveries.Failure>) {
        self.end = end
        for waiting in idle { waiting.resume(returning: false) }
        idle.removeAll()
        starter.take()?.resume(returning: false)
    }
}
