internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// How many values there were up to each bound, and their sum. Times are in seconds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    struct Snapshot: Sendable {
        let upperBounds: [Double]
        /// Those in each bucket alone; the last one is of what lies above all bounds.
        var counts: [Int]
        var sum = 0.0
    }

    private let state: NIOLockedValueBox<Snapshot>

    init(upperBounds: [Double]) {
        let counts = Array(repeating: 0, count: upperBounds.count + 1)
        state = NIOLockedValueBox(Snapshot(upperBounds: upperBounds, counts: counts))
    }

    var snapshot: Snapshot { state.withLockedValue { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    /// Nothing for what is no number, which would make the sum none for good.
    func record(_ value: Double) {
        guard !value.isNaN else { return }
        state.withLockedValue { state in
            let bucket = state.upperBounds.firstIndex { value <= $0 } ?? state.upperBounds.count
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
