public import CoreMetrics
internal import NIOConcurrencyHelpers

/// Keeps metrics in memory, and writes them in the text format Prometheus reads: a backend of swift-metrics.
///
/// Only what was defined is kept, with exactly its labels and up to ``seriesLimit`` combinations of their values: a
/// library that counts by something from outside can't fill the memory here or at the collector. What is made beyond
/// that works, and is never seen.
public final class PrometheusRegistry: MetricsFactory {
    /// The `Content-Type` of ``page()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// The most combinations of label values one metric may have.
    public static let seriesLimit = 200

    enum Series {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    private struct Family {
        let definition: MetricDefinition
        // By the values of the labels; <= seriesLimit
        var series: [[String]: Series] = [:]
    }

    private let families: NIOLockedValueBox<[String: Family]>

    /// Makes a registry for these metrics.
    public init(_ definitions: [MetricDefinition]) {
        let families = definitions.map { ($0.name, Family(definition: $0)) }
        self.families = NIOLockedValueBox(Dictionary(families) { first, _ in first })
    }

    /// Everything there is, by name and then by the labels' values, so that the same numbers make the same page.
    public func page() -> [UInt8] {
        let families = self.families.withLockedValue { $0 }
        var text = PrometheusText()
        for (_, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.begin(family.definition)
            for (values, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = Array(zip(family.definition.labels, values))
                switch series {
                case .counter(let counter): text.sample(family.definition.name, labels, counter.value)
                case .gauge(let gauge): text.sample(family.definition.name, labels, gauge.value)
                case .histogram(let histogram): text.histogram(family.definition.name, labels, histogram.snapshot)
                }
            }
        }
        return text.bytes
    }

    // MARK: - MetricsFactory

    /// A counter, the same for the same labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    /// A counter, the same for the same labels.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    /// A gauge, the same for the same labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram, or a gauge where nothing is to be aggregated.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    /// A histogram, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    /// Forgets it.
    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    /// Forgets it.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    /// Forgets it.
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    /// Forgets it.
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    /// Forgets it.
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    // MARK: - Series

    private func counter(_ name: String, _ dimensions: [(String, String)]) -> CounterSeries {
        let series = series(name, dimensions) { definition in
            definition.kind == .counter ? .counter(CounterSeries()) : nil
        }
        guard case .counter(let counter) = series else { return CounterSeries() }
        return counter
    }

    private func gauge(_ name: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let series = series(name, dimensions) { definition in
            definition.kind == .gauge ? .gauge(GaugeSeries()) : nil
        }
        guard case .gauge(let gauge) = series else { return GaugeSeries() }
        return gauge
    }

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let series = series(name, dimensions) { definition in
            guard case .histogram(let bounds) = definition.kind else { return nil }
            return .histogram(HistogramSeries(upperBounds: bounds))
        }
        guard case .histogram(let histogram) = series else { return HistogramSeries(upperBounds: []) }
        return histogram
    }

    /// Nil for what is not kept.
    private func series(
        _ name: String,
        _ dimensions: [(String, String)],
        make: (MetricDefinition) -> Series?
    ) -> Series? {
        families.withLockedValue { families in
            guard let definition = families[name]?.definition, dimensions.count == definition.labels.count else {
                return nil
            }
            let given = Dictionary(dimensions) { first, _ in first }
            let values = definition.labels.compactMap { given[$0] }
            guard values.count == definition.labels.count else { return nil }
            if let series = families[name]?.series[values] { return series }
            guard families[name]?.series.count ?? 0 < Self.seriesLimit, let series = make(definition) else {
                return nil
            }
            families[name]?.series[values] = series
            return series
        }
    }

    private func forget(_ handler: AnyObject) {
        families.withLockedValue { families in
            families = families.mapValues { family in
                var family = family
                family.series = family.series.filter { $1.object !== handler }
                return family
            }
        }
    }
}

extension PrometheusRegistry.Series {
    fileprivate var object: AnyObject {
        switch self {
        case .counter(let series): series
        case .gauge(let series): series
        case .histogram(let series): series
        }
    }
}
