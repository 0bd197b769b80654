import IOLoop

@testable import TriggerWorker

extension Worker {
    /// Runs as it does in the program: on one thread.
    func run<Deliveries: AsyncSequence & Sendable>(_ deliveries: Deliveries) async throws
    where Deliveries.Element: RequestDelivery {
        try await run(deliveries, on: IOThread(name: "worker", stackByteCount: 1 << 20))
    }
}
