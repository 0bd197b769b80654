internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// A number that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler {
    private let current = NIOLockedValueBox(0.0)

    var value: Double { current.withLockedValue { $0 } }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { current.withLockedValue { $0 = value } }

    func increment(by amount: Double) { current.withLockedValue { $0 += amount } }

    func decrement(by amount: Double) { current.withLockedValue { $0 -= amount } }

    func record(_ value: Int64) { set(value) }

    func record(_ value: Double) { set(value) }
}
