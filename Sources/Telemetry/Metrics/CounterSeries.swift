internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// A number that only grows.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let count = NIOLockedValueBox(0.0)

    var value: Double { count.withLockedValue { $0 } }

    func increment(by amount: Int64) {
        increment(by: Double(amount))
    }

    /// Nothing for what would make it smaller: readers take that for a restart.
    func increment(by amount: Double) {
        guard amount > 0 else { return }
        count.withLockedValue { $0 += amount }
    }

    func reset() {
        count.withLockedValue { $0 = 0 }
    }
}
